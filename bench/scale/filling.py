"""Stores of any size: messages as they are after weeks of sending, written in bulk.

One of ten waits to be sent (of the first thousand, four of five), one of ten
has failed, the rest is sent. They were accepted a second apart, by two dozen keys,
and twenty after one another have a tag together.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import orjson
import psycopg
from sqlalchemy import Engine, Table, create_engine, text
from sqlalchemy.engine import make_url

from bench import mail
from pillarbox.domain.ids import encode_suffix
from pillarbox.store.labels import label_digests
from pillarbox.store.tables import attempts, contents, deliveries, labels, messages, recipients

TABLES = (messages, contents, recipients, deliveries, attempts, labels)
"""In the order in which rows refer to one another."""
CHUNK = 10_000
"""Messages written at a time."""
KEYS = 24
"""With the one that the measurement accepts for, 25: a claim of fifty takes two of each."""
TAGGED = 20
"""Messages with the same tag."""
MOST_WAIT_BELOW = 1000
DOCUMENT_OCTETS = 1024
"""Of each body: a quarter of a real one, so that millions of them fit on a disk."""

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_NEVER = datetime(2100, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DOCUMENT = orjson.dumps({"version": 1, "text": "x" * DOCUMENT_OCTETS, "attachments": []})
_STEPS = '[["MAIL",0.1,[250,"2.1.0","ok"]],["RCPT",0.1,[250,"2.1.5","ok"]]]'

Row = dict[str, Any]


def message_id(number: int) -> str:
    """Return the id of a message: its time is in it, as in every id."""
    milliseconds = int((_EPOCH + number * _SECOND).timestamp() * 1000)
    octets = milliseconds.to_bytes(6, "big") + b"\x70\x00\x80" + number.to_bytes(7, "big")
    return f"msg_{encode_suffix(octets)}"


def key_id(number: int) -> str:
    """Return the id of the key that accepted a message."""
    return f"key_{number // 10 % KEYS:026d}"


def tag(number: int) -> str:
    """Return the one tag of a message."""
    return f"tag-{number // TAGGED}"


def waits(number: int) -> bool:
    """Whether a message is still to be sent."""
    return number % 5 != 1 if number < MOST_WAIT_BELOW else number % 10 == 0


def fill(url: str, numbers: range) -> None:
    """Write the messages of these numbers into a store that has its tables."""
    write = _write_postgresql if make_url(url).get_backend_name() == "postgresql" else _write_sqlite
    engine = create_engine(url)
    try:
        for start in range(numbers.start, numbers.stop, CHUNK):
            chunk = range(start, min(start + CHUNK, numbers.stop))
            write(engine, partial(_rows, numbers=chunk))
        _settle_down(engine)
    finally:
        engine.dispose()


def _settle_down(engine: Engine) -> None:
    """Let the database learn what it holds, as it does by itself in time."""
    statement = "VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))


def _write_postgresql(engine: Engine, rows_of: Callable[[Table], Iterator[Row]]) -> None:
    with engine.begin() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)  # noqa: S101 - the driver of our URLs
        for table in TABLES:
            names = [column.name for column in table.columns]
            columns = psycopg.sql.SQL(",").join(map(psycopg.sql.Identifier, names))
            statement = psycopg.sql.SQL("COPY {} ({}) FROM STDIN").format(
                psycopg.sql.Identifier(table.name), columns
            )
            with driver.cursor().copy(statement) as copy:
                for row in rows_of(table):
                    copy.write_row([row.get(name) for name in names])


def _write_sqlite(engine: Engine, rows_of: Callable[[Table], Iterator[Row]]) -> None:
    with engine.begin() as connection:
        for table in TABLES:
            names = [column.name for column in table.columns]
            places = ",".join("?" * len(names))
            rows = [tuple(_plain(row.get(name)) for name in names) for row in rows_of(table)]
            if rows:
                connection.exec_driver_sql(
                    f"INSERT INTO {table.name} ({','.join(names)}) VALUES ({places})",  # noqa: S608 - our own names
                    rows,
                )


def _plain(value: object) -> object:
    """Write a moment as SQLite keeps it: microseconds since 1970."""
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return value


def _rows(table: Table, numbers: Sequence[int]) -> Iterator[Row]:
    make = _MAKERS[table.name]
    for number in numbers:
        row = make(number)
        if row is not None:
            yield row


def _message(number: int) -> Row:
    accepted = _EPOCH + number * _SECOND
    status = "queued" if waits(number) else "failed" if number % 10 == 1 else "sent"
    return {
        "id": message_id(number),
        "key_id": key_id(number),
        "status": status,
        "created_at": accepted,
        "expires_at": _NEVER,
        "internet_message_id": f"<{number}@acme.test>",
        "sender": '{"name":"","local":"billing","domain":"acme.test","given":""}',
        "sender_address": "billing@acme.test",
        "envelope_sender": "billing@acme.test",
        "subject": "Your receipt from Acme",
        "tags": f'["{tag(number)}"]',
        "metadata": "{}",
        "size": 4096,
        "priority": "normal",
        "on_uncertain": "retry",
    }


def _content(number: int) -> Row:
    return {"message_id": message_id(number), "document": _DOCUMENT}


def _recipient(number: int) -> Row:
    accepted = _EPOCH + number * _SECOND
    row: Row = {
        "message_id": message_id(number),
        "position": 0,
        "part": 0,
        "key_id": key_id(number),
        "kind": "to",
        "email": mail.recipient(number),
        "address": mail.recipient(number),
        "status": "queued",
        "attempts": 0,
        "uncertain_attempts": 0,
        "next_attempt_at": accepted,
    }
    if not waits(number):
        failed = number % 10 == 1
        row |= {
            "status": "bounced" if failed else "sent",
            "category": "invalid_recipient" if failed else None,
            "reply_code": 550 if failed else 250,
            "reply_enhanced": "5.1.1" if failed else "2.0.0",
            "reply_text": "no such user" if failed else "ok: queued",
            "reply_command": "RCPT" if failed else "END-OF-DATA",
            "relay": "default",
            "host": "127.0.0.1:25",
            "attempts": 1,
            "last_attempt_at": accepted,
            "next_attempt_at": None,
        }
    return row


def _delivery(number: int) -> Row | None:
    if not waits(number):
        return None
    return {
        "message_id": message_id(number),
        "part": 0,
        "relay": "default",
        "fallbacks": "",
        "lane": "normal",
        "key_id": key_id(number),
        "due_at": _EPOCH + number * _SECOND,
        "expires_at": _NEVER,
    }


def _attempt(number: int) -> Row | None:
    if waits(number):
        return None
    return {
        "message_id": message_id(number),
        "part": 0,
        "started_at": _EPOCH + number * _SECOND,
        "relay": "default",
        "milliseconds": 1.5,
        "outcome": "bounced" if number % 10 == 1 else "sent",
        "host": "127.0.0.1:25",
        "reused": True,
        "steps": _STEPS,
    }


def _label(number: int) -> Row:
    [digest] = label_digests([tag(number)], {})
    return {"key_id": key_id(number), "digest": digest, "message_id": message_id(number)}


_MAKERS: dict[str, Callable[[int], Row | None]] = {
    "messages": _message,
    "contents": _content,
    "recipients": _recipient,
    "deliveries": _delivery,
    "attempts": _attempt,
    "labels": _label,
}
