"""A session among refusals: what real servers do then costs no message its certainty.

Exim counts each RSET behind a refused message, and ends the session at the eleventh; above
its number of messages it says 421 and stays. Postfix ends a session after so many errors.
"""

import pytest

from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Close, Script
from tests.unit.workers.smtp.carrying import (
    CHUNKING,
    all_codes,
    always,
    carry_all,
    clear,
    proven,
    to,
)
from workers.smtp.connection import REFUSED_MESSAGES
from workers.smtp.errors import FaultCode
from workers.smtp.opening import Opener
from workers.smtp.pool import Pool

OK = b"250 2.1.0 ok\r\n"
ENOUGH = b"421 too many messages in this connection\r\n"
UNKNOWN = b"550 User unknown\r\n"
NO_SENDER = b"503 sender not yet given\r\n"
TOO_MANY = b"554 Too many nonmail commands\r\n"


@law("enough-refusals")
def test_behind_a_421_with_nothing_but_refusals_nothing_was_done() -> None:
    """It went on to refuse, took nothing, and closed: its word was kept in the end."""
    script = Script(
        ehlo=CHUNKING,
        mail=[OK, ENOUGH, ENOUGH, Close()],
        rcpt=[OK, NO_SENDER],
        last=[OK, NO_SENDER],
    )
    with ScriptedServer(script) as server:
        results = carry_all(proven(server), *[to(name) for name in "abcde"])
        assert [250, 421, 421] == all_codes(results)
        assert [False, True, True] == [result.stale for result in results]


@law("enough-refusals")
def test_behind_a_reset_that_is_refused_nothing_was_done() -> None:
    """RFC 5321 4.1.1.5: RSET has no refusal; whoever refuses it and goes wants no more."""
    with ScriptedServer(Script(ehlo=CHUNKING, rset=[OK, Close(TOO_MANY)])) as server:
        results = carry_all(proven(server), *[to(name) for name in "abcd"])
        assert [250, 250] == all_codes(results)
        assert 2 == len(server.last.messages)


def test_without_a_word_there_is_a_doubt() -> None:
    """A close alone says nothing of what was in flight."""
    with ScriptedServer(Script(ehlo=CHUNKING, rset=[OK, Close()])) as server:
        results = carry_all(proven(server), *[to(name) for name in "abcd"])
        assert [250, 250, FaultCode.REPLY_LOST, FaultCode.REPLY_LOST] == all_codes(results)


@law("enough-refusals")
@pytest.mark.parametrize(
    ("refused", "groups"),
    [
        ([], [10, 20]),
        ([2], [10, 9, 9, 2]),
        ([0, 1, 2, 12, 13], [10, 7, 5, 5, 3]),
        (range(30), [10, *[1] * 20]),
    ],
)
def test_no_more_is_in_flight_than_may_be_refused(refused: list[int], groups: list[int]) -> None:
    """But to a server that has taken as many and refused none, the whole group."""
    rcpt = [UNKNOWN if n in refused else OK for n in range(30)]
    last = [NO_SENDER if n in refused else OK for n in range(30)]
    with ScriptedServer(Script(ehlo=CHUNKING, rcpt=rcpt, last=last)) as server:
        connection = proven(server)
        results = carry_all(connection, *[to(f"m{n}") for n in range(30)])
        connection.quit()
        assert [550 if n in refused else 250 for n in range(30)] == all_codes(results)
        chunks = [write.count(b"BDAT") for write in server.last.writes]
        assert groups == [count for count in chunks if count]


@law("enough-refusals")
def test_a_connection_that_has_refused_enough_is_changed() -> None:
    """Before the server has to say so."""
    count = 2 * REFUSED_MESSAGES + 1
    with ScriptedServer(Script(ehlo=CHUNKING, rcpt=[OK, UNKNOWN], last=[OK, NO_SENDER])) as server:
        pool = Pool(Opener(clear(server)))
        with pool.checkout() or pytest.fail("no place") as lease:
            codes = [all_codes(lease.send([to("x")], always)) for _ in range(count)]
        pool.close_all(timeout=1)
        assert [[250], *[[550]] * REFUSED_MESSAGES] == codes[: REFUSED_MESSAGES + 1]
        assert (2, 0) == (pool.stats.opened, pool.stats.stale)


@law("enough-refusals")
def test_a_fresh_connection_that_ends_after_refusals_does_not_end_the_batch() -> None:
    """Its refusals were about messages; the relay is not one that wants none now."""
    dirty = Script(rcpt=[UNKNOWN], mail=[OK, Close(b"421 4.7.0 too many errors\r\n")])
    with ScriptedServer(dirty, Script()) as server:
        pool = Pool(Opener(clear(server)))
        with pool.checkout() or pytest.fail("no place") as lease:
            results = lease.send([to("a"), to("b"), to("c")], always)
        pool.close_all(timeout=1)
        assert [550, 250, 250] == all_codes(results)
