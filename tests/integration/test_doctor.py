"""`pillarbox doctor`, as a person runs it: what is well, and each thing broken in turn."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import quote

import pytest

from pillarbox.queue.broker import Broker
from pillarbox.queue.client import make_client
from pillarbox.queue.names import SCHEDULED, SCHEDULING
from pillarbox.queue.reports import REPORTING, RedisReports
from pillarbox.store.migration import migrate
from tests.integration.examined import doctor, examined
from tests.ports import LOOPBACK, free_port
from tests.servers.installation import KEY, Installation
from tests.servers.postfix import PostfixServer
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.keeps_open("the installation lives as long as the module"),
]

DATABASE_PASSWORD = "not for anybody's eyes"
ALL = {
    *("settings", "folders", "limits", "dns", "database", "migrations", "broker"),
    *("database-clock", "broker-clock", "keys", "relays", "workers", "scheduler", "backlog"),
}


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: PostgresServer,
    redis_server: RedisServer,
    postfix_relay: PostfixServer,
) -> Iterator[Installation]:
    """Run an installation on PostgreSQL (with a password), Redis and Postfix."""
    url = postgres_server.login(postgres_server.database(), "doctors", DATABASE_PASSWORD)
    user, password = (quote(each) for each in (postfix_relay.user, postfix_relay.password))
    with Installation(
        tmp_path_factory.mktemp("running"),
        relay_url=f"smtp+starttls://{user}:{password}@{postfix_relay.host}:{postfix_relay.port}",
        RELAY_CA_FILE=postfix_relay.ca_file,
        DATABASE_URL=url,
        REDIS_URL=redis_server.database(),
    ) as installation:
        yield installation
    postgres_server.drop(url)


@contextmanager
def _frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _wait_until_heard(running: Installation) -> None:
    """Wait until worker and scheduler have said that they run."""
    with closing(RedisReports(running.redis_url)) as reports:
        wait_until(reports.reports, 60, "a worker says how it is")
    with closing(make_client(running.redis_url)) as client:
        wait_until(lambda: client.exists(SCHEDULING), 60, "a scheduler ticks")


def test_what_is_well_is_status_0_and_every_check_says_so(
    running: Installation, postfix_relay: PostfixServer
) -> None:
    """Only the tests' PostgreSQL, which does without fsync, is told of; no secret is in it."""
    _wait_until_heard(running)

    told = examined(running.environment)

    assert {} == told.faults()
    assert ALL == told.reached()
    assert "fsync and full_page_writes off" in told.warnings()["database"]
    for word in ("PostgreSQL", "answers in", "days left", "1 at work", "it ticks", "key_testskey0"):
        assert word in told.text
    for secret in (DATABASE_PASSWORD, quote(DATABASE_PASSWORD), postfix_relay.password, KEY):
        assert secret not in told.text


def test_a_person_reads_one_line_a_finding_and_the_sum(running: Installation) -> None:
    _wait_until_heard(running)

    done = doctor(running.environment)

    *lines, total = done.stdout.splitlines()
    assert 0 == done.returncode, done.stdout
    assert ALL == {line.split()[1] for line in lines}
    assert {"ok", "warning"} == {line.split()[0] for line in lines}
    assert total.endswith("0 fault")
    assert "\x1b" not in done.stdout


def test_a_wrong_password_of_the_database_hides_nothing_else(running: Installation) -> None:
    """What stands on the database is not looked at; the rest is."""
    wrong = running.database_url.replace(quote(DATABASE_PASSWORD, safe=""), "another-secret")

    told = examined(running.environment, DATABASE_URL=wrong)

    assert {"database"} == set(told.faults())
    assert "password authentication failed" in told.faults()["database"]
    assert "Mend the user or password in PILLARBOX_DATABASE_URL" in told.faults()["database"]
    assert {"migrations", "keys", "backlog", "database-clock"} <= set(told.warnings())
    assert {"broker", "workers", "scheduler", "broker-clock"} <= told.reached()
    assert "another-secret" not in told.text


def test_a_database_that_is_away_and_one_that_is_not_there(running: Installation) -> None:
    port = free_port()
    away = examined(
        running.environment,
        "database",
        DATABASE_URL=f"postgresql+psycopg://a:b@{LOOPBACK}:{port}/c",
    )
    gone = examined(running.environment, "database", DATABASE_URL=f"{running.database_url}_gone")

    assert "Start PostgreSQL" in away.faults()["database"]
    assert "Create it" in gone.faults()["database"]


def test_a_frozen_database_does_not_freezedoctor(
    running: Installation, postgres_server: PostgresServer
) -> None:
    """It takes connections and says nothing: that is told, and all the rest too."""
    with _frozen(postgres_server.pid):
        told = examined(running.environment)

    assert {"database"} == set(told.faults())
    assert "timeout" in told.faults()["database"] or "no answer" in told.faults()["database"]
    assert "frozen" in told.faults()["database"]
    assert {"broker", "broker-clock", "scheduler"} <= told.reached()


def test_a_frozen_broker_does_not_freezedoctor(
    running: Installation, redis_server: RedisServer
) -> None:
    with _frozen(redis_server.pid):
        told = examined(running.environment, "broker", "workers", "keys")

    assert {"broker"} == set(told.faults())
    assert "frozen" in told.faults()["broker"]
    assert "keys" in told.reached()


def test_migrations_that_are_to_come_are_named(
    running: Installation, postgres_server: PostgresServer, postgres_database: str
) -> None:
    before = examined(running.environment, "backlog", DATABASE_URL=postgres_database)
    newest = migrate(postgres_database)
    after = examined(running.environment, "migrations", DATABASE_URL=postgres_database)

    assert {"migrations"} == set(before.faults())
    assert "none has run; to come: 0001" in before.faults()["migrations"]
    assert "`pillarbox migrate`" in before.faults()["migrations"]
    assert "backlog" in before.warnings()
    assert {} == after.faults()
    assert newest in after.text


def test_a_broker_that_evicts_is_a_fault(running: Installation, redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.config_set("maxmemory", 100 << 20)
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            told = examined(running.environment, "broker")
        finally:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", 0)

    assert "allkeys-lru" in told.faults()["broker"]
    assert "noeviction" in told.faults()["broker"]


def test_a_broker_that_is_full_takes_no_writes(
    running: Installation, redis_server: RedisServer
) -> None:
    with redis_server.client() as client:
        client.config_set("maxmemory", 1)
        try:
            told = examined(running.environment, "broker")
        finally:
            client.config_set("maxmemory", 0)

    assert "it takes no writes" in told.faults()["broker"]


def test_a_broker_with_a_wrong_password_and_one_that_is_away(
    running: Installation, redis_server: RedisServer
) -> None:
    place = f"{redis_server.host}:{redis_server.port}"
    wrong = examined(running.environment, "broker", REDIS_URL=f"redis://ada:hidden@{place}/0")
    away = examined(
        running.environment, "broker", REDIS_URL=f"redis://:hidden@{LOOPBACK}:{free_port()}/0"
    )

    assert "Mend the user or password" in wrong.faults()["broker"]
    assert "Start it" in away.faults()["broker"]
    assert "hidden" not in wrong.text + away.text


def test_what_is_wrong_in_the_settings_hides_nothing_else(running: Installation) -> None:
    """Each fault by its variable; what it decides is not looked at by its default."""
    told = examined(
        running.environment,
        *("settings", "broker", "database"),
        LEASE="soon",
        LOG_LEVELL="debug",
        QUUX="1",
        DATABASE_URL="mysql://ada:hidden@host/name",
    )

    faults = [each["about"] for each in told.findings if each["level"] == "fault"]
    assert ["PILLARBOX_DATABASE_URL", "PILLARBOX_LEASE", "PILLARBOX_LOG_LEVELL"] == sorted(faults)
    assert "PILLARBOX_QUUX" in told.warnings()["settings"]
    assert "PILLARBOX_DATABASE_URL is wrong" in told.warnings()["database"]
    assert "broker" in told.reached()
    assert "hidden" not in told.text


def test_a_check_that_does_not_exist_is_status_2(running: Installation) -> None:
    done = doctor(running.environment, "nonsense")

    assert 2 == done.returncode
    assert "there is no check nonsense; there are: settings, " in done.stderr


def test_another_installation_on_the_same_broker_is_named(running: Installation) -> None:
    """For as long as its scheduler ticks."""
    _wait_until_heard(running)
    assert "scheduler" not in examined(running.environment, "scheduler").warnings()
    with closing(Broker(running.redis_url)) as broker:
        broker.note_scheduler("db.test:5432/trial", seconds=20)
        told = examined(running.environment, "scheduler")

    assert "another database: db.test:5432/trial" in told.warnings()["scheduler"]
    with closing(make_client(running.redis_url)) as client:
        wait_until(lambda: client.zcard(SCHEDULED) == 1, 60, "it is forgotten")


def test_without_worker_and_scheduler_both_are_faults(running: Installation) -> None:
    """The last test of this module: they are not started again."""
    running.stop("worker")
    running.stop("scheduler")

    with closing(make_client(running.redis_url)) as client:
        wait_until(lambda: not client.exists(SCHEDULING, REPORTING), 60, "they are forgotten")
    told = examined(running.environment, "workers", "scheduler")

    assert {"workers", "scheduler"} == set(told.faults())
    assert "`pillarbox worker`" in told.faults()["workers"]
