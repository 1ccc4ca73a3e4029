"""Workers that are killed in the middle of a drain, and what the relay knows of what they left."""

import queue
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import NullPool, Row, Select, create_engine, literal, select

from bench import mail
from bench.errors import BenchError
from bench.stamping_relay import StampingRelay, Taken
from pillarbox.store.tables import attempts, deliveries, recipients
from tests.ports import LOOPBACK
from tests.servers.installation import Installation
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

BATCH = 100
LEASE = 2
"""Seconds: so long a kill waits to be found."""
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Kill:
    """What one kill left. All but `duplicates` are messages of the groups that were under way."""

    uncertain: int
    answered: int
    """Of those, how many the relay had answered with 250: no journal could know of more."""
    duplicates: int
    """Messages that the relay got a second time, since they were uncertain and were tried again."""


def kills(*, database: str, pause: float, count: int, messages: int) -> Iterator[Kill]:
    """Kill a worker `count` times, each when a third of so many messages has gone."""
    relay = StampingRelay(pause)
    with ExitStack() as stack:
        stack.callback(relay.close)
        running = stack.enter_context(_installation(relay, database))
        seen: Counter[str] = Counter()
        for number in range(count):
            yield _kill(running, relay, range(number * messages, (number + 1) * messages), seen)


def _kill(running: Installation, relay: StampingRelay, numbers: range, seen: Counter[str]) -> Kill:
    before = _uncertain(running)
    for first in numbers[::BATCH]:
        _post(running, [mail.recipient(each) for each in range(first, first + BATCH)])
    taken: list[Taken] = []
    wait_until(lambda: _more(relay, taken) >= len(numbers) // 3, PATIENCE, "a third has gone")
    running.kill("worker")
    _more(relay, taken)
    answered = {each.recipient for each in taken}
    running.start_worker()
    wait_until(lambda: not _is_at_work(running), PATIENCE, "everything has an outcome")
    _more(relay, taken)
    uncertain = _uncertain(running) - before
    seen.update(each.recipient for each in taken)
    again = sum(seen[mail.recipient(number)] - 1 for number in numbers)
    return Kill(
        uncertain=sum(uncertain.values()),
        answered=len(answered & set(uncertain)),
        duplicates=again,
    )


@contextmanager
def _installation(relay: StampingRelay, database: str) -> Iterator[Installation]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pillarbox-crash-")))
        redis = RedisServer()
        stack.callback(redis.close)
        settings: dict[str, object] = {"REDIS_URL": redis.url, "LEASE": LEASE, "RETRY_BASE": 0.5}
        if database == "postgresql":
            postgres = PostgresServer(durable=True)
            stack.callback(postgres.close)
            settings["DATABASE_URL"] = postgres.database()
        url = f"smtp://{LOOPBACK}:{relay.port}"
        yield stack.enter_context(Installation(folder, relay_url=url, **settings))


def _post(running: Installation, to: list[str]) -> None:
    document = mail.document(to[0])
    body = {
        "defaults": {name: value for name, value in document.items() if name != "to"},
        "messages": [{"to": each} for each in to],
    }
    answer = running.post(body, "/v1/messages/batch")
    if answer.status_code != requests.codes.accepted:
        raise BenchError(f"a batch was answered with {answer.status_code}: {answer.text}")


def _more(relay: StampingRelay, taken: list[Taken]) -> int:
    """Add what the relay has taken since; how much that is by now."""
    while True:
        try:
            taken.append(relay.taken.get_nowait())
        except queue.Empty:
            return len(taken)


def _uncertain(running: Installation) -> Counter[str]:
    """Count the uncertain attempts, by recipient."""
    rows = _rows(
        running,
        select(recipients.c.address)
        .join(attempts, attempts.c.message_id == recipients.c.message_id)
        .where(attempts.c.outcome == "uncertain"),
    )
    return Counter(address for (address,) in rows)


def _is_at_work(running: Installation) -> bool:
    return bool(_rows(running, select(literal(1)).select_from(deliveries).limit(1)))


def _rows(running: Installation, statement: Select[Any]) -> list[Row[Any]]:
    engine = create_engine(running.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        return list(connection.execute(statement).all())
