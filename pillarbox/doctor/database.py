"""The database: whether it answers, how fast, and whether what it commits is kept."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, exc, text
from sqlalchemy.engine import URL, make_url

from pillarbox.doctor.check import CheckEndedError
from pillarbox.doctor.finding import Finding, fault, warning, well
from pillarbox.doctor.subject import Subject
from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.store.connections import place_of
from pillarbox.store.engine import Database

VARIABLE: Final = "PILLARBOX_DATABASE_URL"

SLOW_MILLISECONDS: Final = 20.0
"""For SELECT 1: a message costs some ten round trips to the database, shared among a batch."""
ROUND_TRIPS: Final = 5
LITTLE_ROOM: Final = 1 << 30
NO_ROOM: Final = 100 << 20
"""Octets that are free for SQLite: a day's mail of a small installation, and a large message."""
LONG_LOG: Final = 512 << 20
"""Octets of SQLite's write-ahead log: it is a few MB unless a reader keeps it from being reset."""
OLDEST: Final = 120_000
"""The oldest PostgreSQL that the tests' statements are known to run on (12)."""

_WORDS: Final = (
    ("password authentication failed", f"Mend the user or password in {VARIABLE}"),
    ("no password supplied", f"Put the password into {VARIABLE}"),
    ("no pg_hba.conf entry", "Let this host in, in pg_hba.conf, or connect with TLS"),
    ("Connection refused", f"Start PostgreSQL, or mend host and port in {VARIABLE}"),
    ("does not exist", f"Create it, or mend its name in {VARIABLE}"),
    ("resolve host", f"Mend the host in {VARIABLE}, or the resolver"),
    ("not known", f"Mend the host in {VARIABLE}, or the resolver"),
    ("timeout expired", "It is frozen, or something on the way drops packets: look at it there"),
    ("too many clients", "Raise its max_connections, or run fewer processes and threads"),
    ("remaining connection slots", "Raise its max_connections, or run fewer processes and threads"),
    ("starting up", "Wait until it has recovered"),
    ("certificate", f"Mend sslrootcert or sslmode in {VARIABLE}, or the server's certificate"),
    ("unable to open", "Let this user write the file and its folder"),
    ("readonly", "Let this user write the file and its folder"),
    ("not a database", "Restore it from a backup: docs/operations/backup.md"),
    ("malformed", "Restore it from a backup: docs/operations/backup.md"),
)
"""What a driver says, and what to do about it."""

_POSTGRESQL = text(
    "SELECT current_setting('server_version') AS version,"
    " current_setting('server_version_num')::int AS number,"
    " pg_is_in_recovery() AS standby,"
    " current_setting('server_encoding') AS encoding,"
    " current_setting('fsync') AS fsync,"
    " current_setting('full_page_writes') AS full_page_writes,"
    " current_setting('synchronous_commit') AS synchronous_commit,"
    " current_setting('max_connections')::int"
    "  - current_setting('superuser_reserved_connections')::int AS connections,"
    " pg_size_pretty(pg_database_size(current_database())) AS size"
)


@contextmanager
def opened(subject: Subject) -> Iterator[Database]:
    """Lend the database; what keeps it from answering ends the check that asks."""
    subject.expect(VARIABLE, "PILLARBOX_STATE_DIR")
    place = shown(subject.settings.sqlalchemy_url)
    try:
        # The check has a deadline of its own, which does without a thread that watches.
        database = Database(subject.settings.sqlalchemy_url, connections=2, patient=True)
    except ModuleNotFoundError as error:
        advice = "Install the extra: pip install 'pillarbox[postgres]'"
        raise CheckEndedError(fault(f"there is no driver ({error.name})", advice)) from None
    try:
        yield database
    except StoreUnavailableError as error:
        words = _said(error)
        raise CheckEndedError(fault(f"{place} does not answer: {words}", _advice(words))) from None
    except exc.DBAPIError as error:
        words = _first_line(error.orig)
        advice = _advice(words, "Let its user own the tables, or read and write them")
        raise CheckEndedError(fault(f"{place} refuses: {words}", advice)) from None
    finally:
        database.close()


def look(subject: Subject) -> Iterator[Finding]:
    """See that it answers, and how."""
    subject.expect(VARIABLE, "PILLARBOX_STATE_DIR")
    place = shown(subject.settings.sqlalchemy_url)
    file = _file(subject)
    if file is not None and not file.exists():
        advice = "`pillarbox migrate` makes it (and `pillarbox up` too)"
        raise CheckEndedError(fault(f"there is no {file}", advice))
    with opened(subject) as database:
        database.ping()
        with database.reading() as connection:
            milliseconds = _round_trip(connection)
            if file is None:
                yield from _postgresql(connection, place, milliseconds, subject)
                return
            version = connection.scalar(text("SELECT sqlite_version()"))
            mode = connection.scalar(text("PRAGMA journal_mode"))
        yield _answers(f"SQLite {version}", place, milliseconds)
        yield from _sqlite(file, str(mode))


def shown(url: str) -> str:
    """Name a database by its URL, without user and password."""
    return place_of(_parsed(url))


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (exc.ArgumentError, ValueError):  # their words may quote the password
        advice = f"Mend {VARIABLE}; user and password are percent-encoded in it"
        raise CheckEndedError(fault("its URL cannot be read", advice)) from None


def _file(subject: Subject) -> Path | None:
    parsed = _parsed(subject.settings.sqlalchemy_url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def _said(error: StoreUnavailableError) -> str:
    """Return the driver's own first line; SQLAlchemy's has more round it."""
    cause = error.__cause__
    return _first_line(getattr(cause, "orig", None) or cause or error)


def _first_line(error: BaseException | None) -> str:
    return " ".join(str(error).partition("\n")[0].split())


def _advice(words: str, usual: str = f"Look into the server's log, and at {VARIABLE}") -> str:
    return next((advice for said, advice in _WORDS if said in words), usual)


def _round_trip(connection: Connection) -> float:
    """Measure an empty statement, in milliseconds: the quickest of a few, which is the line's."""
    took = []
    for _ in range(ROUND_TRIPS):
        since = time.monotonic()
        connection.execute(text("SELECT 1"))
        took.append((time.monotonic() - since) * 1000)
    return min(took)


def _answers(name: str, place: str, milliseconds: float) -> Finding:
    seen = f"{name} at {place} answers in {milliseconds:.1f} ms"
    if milliseconds > SLOW_MILLISECONDS:
        advice = "Move it nearer to the processes, or look at its load: acceptance waits for it"
        return warning(seen, advice)
    return well(seen)


def _postgresql(
    connection: Connection, place: str, milliseconds: float, subject: Subject
) -> Iterator[Finding]:
    found = connection.execute(_POSTGRESQL).one()
    yield _answers(f"PostgreSQL {found.version}", f"{place} ({found.size})", milliseconds)
    if found.standby:
        yield fault("it is a standby, and takes no writes", f"Name the primary in {VARIABLE}")
    if found.number < OLDEST:
        yield warning(f"PostgreSQL {found.version} is older than any that is tested", "Upgrade it")
    if found.encoding != "UTF8":
        advice = "Create the database with ENCODING 'UTF8'"
        yield fault(f"its encoding is {found.encoding}, which cannot hold all mail", advice)
    off = [
        name
        for name in ("fsync", "full_page_writes", "synchronous_commit")
        if getattr(found, name) == "off"
    ]
    if off:
        advice = "Turn it on: what was answered 202 is else lost when its machine fails"
        yield warning(f"{' and '.join(off)} off", advice)
    yield _connections(found.connections, subject)


def _connections(most: int, subject: Subject) -> Finding:
    """Compare what processes may open with what the server takes."""
    settings = subject.settings
    each = max(settings.api_threads, settings.worker_threads) + 4
    needed = (settings.api_processes + 1) * each
    seen = f"it takes {most} connections; one API and one worker open {needed} at the most"
    if needed > most:
        advice = "Raise its max_connections, or lower PILLARBOX_API_THREADS or …_PROCESSES"
        return warning(seen, advice)
    return well(seen)


def _sqlite(file: Path, mode: str) -> Iterator[Finding]:
    if mode != "wal":
        advice = "Keep it on a local disk: readers and writers hold one another up else"
        yield warning(f"its journal is {mode}, not a write-ahead log", advice)
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and log.stat().st_size > LONG_LOG:
        advice = "End what reads for so long (a backup, a shell), or restart the processes"
        yield warning(f"{log} has {log.stat().st_size >> 20} MB", advice)
    yield room(shutil.disk_usage(file.parent).free, file)


def room(free: int, file: Path) -> Finding:
    """Judge how many octets are free where a database is."""
    seen = f"{free >> 20} MB are free where {file} is"
    if free < NO_ROOM:
        return fault(seen, "Make room: without it nothing is accepted")
    if free < LITTLE_ROOM:
        return warning(seen, "Make room, or lower PILLARBOX_CONTENT_RETENTION")
    return well(seen)
