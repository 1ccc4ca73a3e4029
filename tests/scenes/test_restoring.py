"""Backing up and restoring as docs/operations/backup.md says, with real mail before and after."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.operations_page import Operator, blocks
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import KEY, Installation
from tests.servers.postgres import PostgresServer
from tests.servers.presence import require
from tests.servers.redis import RedisServer
from tests.smtp_script import Script

pytestmark = [pytest.mark.timeout(300)]

PAGE = "backup.md"


@contextmanager
def _stopped(running: Installation) -> Iterator[None]:
    """Stop all processes, and start them again."""
    for name in ("scheduler", "worker", "api"):
        running.stop(name)
    yield
    running.start_api()
    running.start_worker()
    running.start_scheduler()


def _operator(running: Installation) -> Operator:
    url = urlsplit(running.database_url)
    libpq = {
        "PGHOST": url.hostname or "",
        "PGPORT": str(url.port),
        "PGUSER": url.username or "",
        "PGDATABASE": url.path.strip("/"),
    }
    known = {"PILLARBOX_URL": running.url, "PILLARBOX_API_KEY": KEY}
    servers = libpq if url.scheme.startswith("postgresql") else {}
    return Operator(running.folder, running.environment | known | servers)


def _waiting_and_sent(running: Installation, relay: ScriptedServer) -> tuple[str, str]:
    """Send one message, and let another wait."""
    sent = running.send(to="sent@example.com")
    running.wait_for(sent, "sent")
    running.post(None, path="/v1/relays/default/pause")
    waiting = running.send(to="waiting@example.com")
    assert 1 == len(relay.arrived)
    return sent, waiting


def _installation(
    folder: Path, relay: ScriptedServer, redis_server: RedisServer, **settings: object
) -> Installation:
    return Installation(
        folder, relay_url=relay.url, REDIS_URL=redis_server.database(), SWEEP=0.2, **settings
    )


@pytest.fixture
def relay() -> Iterator[ScriptedServer]:
    """Run a relay that takes everything."""
    with ScriptedServer(Script()) as server:
        yield server


@pytest.fixture
def running(
    tmp_path: Path, relay: ScriptedServer, redis_server: RedisServer
) -> Iterator[Installation]:
    """Run an installation on SQLite, whose shell is there."""
    require("SQLite's shell", "sqlite3")
    with _installation(tmp_path, relay, redis_server) as running:
        yield running


def test_a_current_backup_of_postgresql_sends_nothing_twice(
    tmp_path: Path,
    relay: ScriptedServer,
    postgres_server: PostgresServer,
    redis_server: RedisServer,
) -> None:
    """What was sent stays sent, what waited is sent once, and delivery goes on."""
    require("PostgreSQL's client", "pg_dump")
    url = postgres_server.database()
    with _installation(tmp_path, relay, redis_server, DATABASE_URL=url) as running:
        sent, waiting = _waiting_and_sent(running, relay)
        operator = _operator(running)
        operator.type(*blocks(PAGE, "Back up PostgreSQL"))
        with _stopped(running):
            postgres_server.recreate(url)
            operator.type(*blocks(PAGE, "Restore PostgreSQL"))
        _goes_on(running, relay, sent, waiting)
    postgres_server.drop(url)


def test_a_current_backup_of_sqlite_sends_nothing_twice(
    tmp_path: Path, running: Installation, relay: ScriptedServer
) -> None:
    """The same, with its write-ahead log of before in the way."""
    sent, waiting = _waiting_and_sent(running, relay)
    operator = _operator(running)
    operator.type(*blocks(PAGE, "Back up SQLite"))
    with _stopped(running):
        (tmp_path / "pillarbox.sqlite3").write_bytes(b"the disk has failed")
        operator.type(*blocks(PAGE, "Restore SQLite"))
    _goes_on(running, relay, sent, waiting)


def _goes_on(running: Installation, relay: ScriptedServer, sent: str, waiting: str) -> None:
    assert "sent" == running.message(sent)["status"]
    assert "queued" == running.message(waiting)["status"]
    running.post(None, path="/v1/relays/default/resume")
    later = running.send(to="later@example.com")
    for message in (waiting, later):
        running.wait_for(message, "sent")
    assert 3 == len(relay.arrived) == len(set(relay.arrived))


def test_an_older_moment_is_looked_at_before_anything_leaves(
    tmp_path: Path, running: Installation, relay: ScriptedServer
) -> None:
    """What the relay had since is cancelled, what it had not is sent; nothing goes twice."""
    _, had = _waiting_and_sent(running, relay)
    operator = _operator(running)
    operator.type(*blocks(PAGE, "Back up SQLite"))
    running.post(None, path="/v1/relays/default/resume")
    running.wait_for(had, "sent")
    sent_since = running.message(had)["internet_message_id"]
    for name in ("scheduler", "worker", "api"):
        running.stop(name)
    operator.type(*blocks(PAGE, "Restore SQLite"))

    running.start_api()
    pause, listed, cancel, resume = blocks(PAGE, "Restore an older moment")
    operator.type(pause)
    never_had = running.send(to="never@example.com")
    operator.type(listed)
    (tmp_path / "sent.txt").write_text(f"{sent_since}\n", encoding="utf-8")
    operator.type(cancel)
    running.start_worker()
    running.start_scheduler()
    operator.type(resume)
    running.wait_for(never_had, "sent")

    assert "cancelled" == running.message(had)["status"]
    assert 3 == len(relay.arrived) == len(set(relay.arrived))


def test_an_older_moment_that_nobody_looks_at_sends_again(
    tmp_path: Path, running: Installation, relay: ScriptedServer
) -> None:
    """What the page warns of is true: else its warning would be noise."""
    running.stop("worker")
    message = running.send()
    operator = _operator(running)
    operator.type(*blocks(PAGE, "Back up SQLite"))
    running.start_worker()
    running.wait_for(message, "sent")
    with _stopped(running):
        operator.type(*blocks(PAGE, "Restore SQLite"))
    running.wait_for(message, "sent")

    assert 2 == len(relay.arrived)
    assert 1 == len(set(relay.arrived))
