"""What is made of database, broker, clocks and names: well, to be looked at, or to be mended."""

import socket
from pathlib import Path

import pytest

from pillarbox.doctor import (
    addresses,
    broker,
    clocks,
    database,
    migrations,
)
from pillarbox.doctor.check import CheckEndedError
from pillarbox.doctor.finding import Level
from pillarbox.store.migration import Standing
from tests.unit.pillarbox.doctor.subjects import FAULT, OK, WARNING, subject_of


@pytest.mark.parametrize(("free", "level"), [(1 << 20, FAULT), (500 << 20, WARNING), (5 << 30, OK)])
def test_room_for_sqlite(free: int, level: Level) -> None:
    assert level is database.room(free, Path("/data/pillarbox.sqlite3")).level


def test_a_database_is_named_without_user_and_password() -> None:
    url = "postgresql+psycopg://ada:hidden@db.test/mail?password=hidden"

    assert "db.test:5432/mail" == database.shown(url)


def test_a_url_that_cannot_be_read_is_told_without_its_words() -> None:
    """An @ or a : in a password that is not percent-encoded ends up as the port."""
    with pytest.raises(CheckEndedError) as ended:
        database.shown("postgresql+psycopg://ada:x@db.test:hidden/mail")

    assert "hidden" not in ended.value.finding.line
    assert "PILLARBOX_DATABASE_URL" in ended.value.finding.advice


def test_a_database_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(CheckEndedError) as ended:
        list(database.look(subject_of(STATE_DIR=str(tmp_path))))

    assert "pillarbox migrate" in ended.value.finding.advice
    assert [] == list(tmp_path.iterdir())


def test_migrations_that_are_behind_or_not_ours_end_the_check() -> None:
    """What reads tables cannot go on; a newer database can be read."""
    for found, advice in (
        (Standing("", "0004", ("0001", "0004")), "Run `pillarbox migrate`"),
        (Standing("0003", "0004", ("0004",)), "Run `pillarbox migrate`"),
        (Standing("abc", "0004", is_known=False), "another program"),
    ):
        with pytest.raises(CheckEndedError) as ended:
            migrations.judged(found)
        assert advice in ended.value.finding.line
        assert FAULT is ended.value.finding.level

    assert OK is migrations.judged(Standing("0004", "0004")).level
    newer = migrations.judged(Standing("0005", "0004", is_newer=True))
    assert WARNING is newer.level
    assert "0005, newer than this code's 0004" in newer.seen


@pytest.mark.parametrize(
    ("facts", "level", "word"),
    [
        ({"maxmemory_policy": "noeviction", "maxmemory": 0}, OK, "no limit"),
        ({"maxmemory_policy": "allkeys-lru", "maxmemory": 1 << 30}, FAULT, "allkeys-lru"),
        ({"maxmemory_policy": "volatile-ttl", "maxmemory": 0}, WARNING, "volatile-ttl"),
        (
            {"maxmemory_policy": "noeviction", "maxmemory": 100 << 20, "used_memory": 95 << 20},
            WARNING,
            "95 of 100 MB",
        ),
        ({"redis_mode": "cluster"}, FAULT, "cluster"),
    ],
)
def test_what_a_broker_says_of_its_memory(
    facts: dict[str, object], level: Level, word: str
) -> None:
    first = next(broker.judged(facts))

    assert (level, True) == (first.level, word in first.seen)


def test_a_broker_need_not_keep_anything() -> None:
    *_, nothing = broker.judged({"aof_enabled": 0})
    *_, log = broker.judged({"aof_enabled": 1})

    assert (OK, "it keeps nothing on disk; nothing has to be kept") == (nothing.level, nothing.seen)
    assert "an append-only file" in log.seen


def test_a_broker_is_named_without_its_password() -> None:
    assert "redis.test:6379/3" == broker.shown("rediss://ada:hidden@redis.test/3")
    assert "/run/redis.sock" == broker.shown("unix://:hidden@/run/redis.sock?db=1")


@pytest.mark.parametrize(
    ("ahead", "doubt", "level", "word"),
    [
        (0.5, 0.01, OK, "apart"),
        (-1.9, 0.0, OK, "apart"),
        (5.0, 0.1, WARNING, "ahead of"),
        (-5.0, 0.1, WARNING, "behind"),
        (61.0, 0.1, FAULT, "ahead of"),
        (5.0, 4.0, OK, "apart"),
    ],
)
def test_clocks_may_differ_a_little(ahead: float, doubt: float, level: Level, word: str) -> None:
    """What a slow answer leaves in doubt is no difference."""
    found = clocks.judged(ahead, doubt, "the database's")

    assert (level, True) == (found.level, word in found.seen)


def test_the_quickest_answer_says_how_far_clocks_are_apart() -> None:
    """Of three questions two are held up on the way, and would be off by their wait."""
    moments = iter([100.0, 108.0, 200.0, 200.2, 300.0, 304.0])
    answers = iter([90.0, 190.1, 290.0])

    ahead, doubt = clocks.difference(lambda: next(answers), lambda: next(moments))

    assert 10.0 == pytest.approx(ahead)
    assert 0.1 == pytest.approx(doubt)


def test_only_names_are_looked_up_and_each_once() -> None:
    subject = subject_of(
        RELAY_URL="smtps://mail.test",
        REDIS_URL="redis://127.0.0.1:6379",
        DATABASE_URL="postgresql+psycopg://ada:x@mail.test/name",
    )

    assert {"mail.test": "relay default"} == addresses.hosts(subject)


def test_a_name_without_an_address_and_a_resolver_that_is_silent_are_told_apart() -> None:
    gone = addresses.refused(socket.gaierror(socket.EAI_NONAME, "not known"), "broker")
    silent = addresses.refused(socket.gaierror(socket.EAI_AGAIN, "try again"), "broker")

    assert (FAULT, FAULT) == (gone.level, silent.level)
    assert "broker" in gone.advice
    assert "resolv.conf" in silent.advice


def test_a_slow_resolver_is_a_warning_and_few_addresses_are_shown() -> None:
    many = [f"192.0.2.{number}" for number in range(6)]

    assert OK is addresses.judged(many, 0.1).level
    assert "192.0.2.3 and 2 more" in addresses.judged(many, 0.1).seen
    assert WARNING is addresses.judged(many, 1.5).level
