"""Relays by which several messages with BDAT in one group cannot go, and how that is learnt."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Act, Close, Script
from tests.unit.workers.smtp.carrying import (
    CHUNKING,
    all_codes,
    always,
    carry_all,
    clear,
    connect,
    proven,
    to,
)
from workers.smtp.capabilities import Chunking
from workers.smtp.connection import REFUSED_MESSAGES
from workers.smtp.errors import FaultCode
from workers.smtp.opening import Opener
from workers.smtp.pool import Pool, PoolLimits

OK = b"250 2.1.0 ok\r\n"
SPAM = b"554 5.7.1 spam\r\n"
UNKNOWN = FaultCode.REPLY_LOST
BROKEN = FaultCode.PROTOCOL_ERROR


@law("uncertain-after-the-end")
@pytest.mark.parametrize("twice", range(3))
def test_a_reply_too_many_makes_a_group_uncertain_and_never_sent(twice: int) -> None:
    """RCPT was answered twice: the end of data of a message is then taken for the next one's.

    All were refused, and by the replies as they came some would have been sent.
    """
    rcpt: list[Act] = [OK] * 3
    rcpt[twice] = OK + OK
    with ScriptedServer(Script(ehlo=CHUNKING, rcpt=rcpt, last=[SPAM], together=True)) as server:
        connection = proven(server)
        results = carry_all(connection, to("a"), to("b"), to("c"))

        assert 250 not in all_codes(results)
        assert not connection.usable
        assert not any(result.stale for result in results)


@law("uncertain-after-the-end")
def test_where_all_were_taken_a_reply_too_many_is_still_a_doubt() -> None:
    """Nobody can tell which reply was the one too many."""
    script = Script(ehlo=CHUNKING, rcpt=[OK + OK, OK], together=True)
    with ScriptedServer(script) as server:
        results = carry_all(proven(server), to("a"), to("b"))

        assert [UNKNOWN, UNKNOWN] == all_codes(results)
        assert all(result.data_may_have_ended for result in results)


@law("421-anywhere")
def test_a_421_behind_a_group_leaves_no_doubt() -> None:
    """It may come at any time, and answers nothing (RFC 5321 3.8)."""
    script = Script(ehlo=CHUNKING, last=[OK, OK + b"421 4.3.2 bye\r\n"], together=True)
    with ScriptedServer(script) as server:
        assert [250, 250] == all_codes(carry_all(proven(server), to("a"), to("b")))


@law("one-way-of-data")
def test_an_unknown_relay_that_refuses_one_message_is_given_the_next() -> None:
    """Nothing of a message without recipients is left behind that could hold the others up."""
    script = Script(ehlo=CHUNKING, rcpt=[b"550 5.1.1 unknown\r\n"] * 2 + [OK])
    with ScriptedServer(script) as server:
        connection = connect(server)
        results = carry_all(connection, to("a"), to("b"), to("c"))
        connection.quit()

        assert [550, 550, 250] == all_codes(results)


@law("one-way-of-data")
def test_a_relay_that_answers_twice_is_found_out_before_any_content() -> None:
    """Of a relay that nobody knows the recipients are heard first; the message has lost nothing."""
    script = Script(ehlo=CHUNKING, rcpt=[OK + OK])
    with ScriptedServer(script) as server:
        results = carry_all(connect(server), to("a"), to("b"))

        assert [BROKEN] == all_codes(results)
        assert not results[0].data_may_have_ended
        assert [] == server.last.messages


@contextmanager
def _pooled(server: ScriptedServer) -> Iterator[Pool]:
    pool = Pool(Opener(clear(server)), PoolLimits(size=1))
    pool._chunking = Chunking.PROVEN
    yield pool
    pool.close_all()


def _send(pool: Pool, count: int) -> list[object]:
    lease = pool.checkout()
    assert lease is not None
    with lease:
        return all_codes(lease.send([to(f"r{number}") for number in range(count)], always))


@law("uncertain-after-the-end")
def test_a_relay_that_closes_after_each_message_gets_one_at_a_time() -> None:
    """The first group cannot know, and is uncertain behind its first; the next ones are not."""
    script = Script(ehlo=CHUNKING, last=[Close(OK)])
    with ScriptedServer(script) as server, _pooled(server) as pool:
        first = _send(pool, 4)
        assert {250, UNKNOWN} >= set(first)
        arrived = len(server.arrived)

        later = _send(pool, 5)

        assert [250] * 5 == later
        assert arrived + 5 == len(server.arrived)


def test_a_relay_that_broke_off_once_is_trusted_again() -> None:
    """A network may break too; ten messages over one session show that it does not close."""
    script = [Script(ehlo=CHUNKING, last=[OK, Close()]), Script(ehlo=CHUNKING)]
    with ScriptedServer(*script) as server, _pooled(server) as pool:
        assert [250, UNKNOWN, UNKNOWN] == _send(pool, 3)

        for _ in range(2):
            assert [250] * REFUSED_MESSAGES == _send(pool, REFUSED_MESSAGES)

        writes = [write for write in server.last.writes if write.count(b"MAIL FROM") > 1]
        assert writes
