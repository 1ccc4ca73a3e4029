"""A batch on a lent connection: stale ones cost nothing, lost ones are not guessed about."""

import pytest

from pillarbox.domain.reply import Reply, Verb
from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Act, Close, Drip, Reset, Script
from tests.unit.workers.smtp.carrying import BODY, always, clear, codes, impatient, to
from workers.smtp.errors import FaultCode, OpeningError
from workers.smtp.lease import Lease
from workers.smtp.opening import Opener
from workers.smtp.pool import Pool, PoolLimits
from workers.smtp.transaction import TransactionResult

OK = b"250 2.1.0 ok\r\n"
NAMES = ("a", "b", "c", "d", "e")


def send(
    server: ScriptedServer, *names: str, limits: PoolLimits | None = None
) -> tuple[list[TransactionResult], Pool]:
    """Carry a batch on one lease, in a pool of its own."""
    pool = Pool(Opener(clear(server, impatient(mail=0.2, quit=0.2))), limits)
    try:
        with _lend(pool) as lease:
            return lease.send([to(name) for name in names], always), pool
    finally:
        pool.close_all(timeout=1)


def _lend(pool: Pool) -> Lease:
    lease = pool.checkout()
    assert lease is not None
    return lease


@law("stale-connections", "enough-messages")
@pytest.mark.parametrize(
    "goodbye",
    [
        b"421 4.3.2 too many messages\r\n",
        b"451 4.4.2 timeout\r\n",
        b"452 4.3.1 enough\r\n",
        Close(),
        Close(b"421 4.3.2 bye\r\n"),
        Reset(),
        b"nonsense\r\n",
    ],
)
def test_a_stale_connection_at_mail_costs_the_message_nothing(goodbye: Act) -> None:
    """After two messages the server has enough, in every style; none is lost or doubled."""
    with ScriptedServer(Script(mail=[OK, OK, goodbye])) as server:
        results, pool = send(server, *NAMES)
        assert [[250]] * 5 == [codes(result) for result in results]
        assert (3, 2) == (pool.stats.opened, pool.stats.stale)
        assert 5 == sum(len(served.messages) for served in server.served)
        assert (Verb.MAIL, 2) == (
            results[2].steps[0].verb,
            [step.verb for step in results[2].steps].count(Verb.MAIL),
        )


@law("stale-connections")
@pytest.mark.parametrize("refusal", [b"451 4.3.0 later\r\n", b"421 4.3.2 later\r\n"])
def test_a_fresh_connection_that_says_the_same_is_believed(refusal: bytes) -> None:
    """One free retry, not a loop."""
    with ScriptedServer(Script(mail=[OK, refusal]), Script(mail=[refusal])) as server:
        results, _ = send(server, "a", "b")
        assert [[250], [int(refusal[:3])]] == [codes(result) for result in results]
        assert 2 == len(server.served)


@law("stale-connections")
def test_a_permanent_refusal_at_mail_is_believed_at_once() -> None:
    """5yz is about the sender or the message."""
    with ScriptedServer(Script(mail=[OK, b"550 5.7.1 no\r\n"])) as server:
        results, _ = send(server, "a", "b")
        assert [[250], [550]] == [codes(result) for result in results]
        assert 1 == len(server.served)


@law("enough-connections")
def test_refusals_at_mail_do_not_open_a_connection_each() -> None:
    """A sender that is limited for now is no reason to reconnect for every message."""
    later = [b"450 4.7.1 slow down\r\n"]
    with ScriptedServer(Script(mail=later, rcpt=[b"503 no\r\n"], data=[b"503 no\r\n"])) as server:
        results, _ = send(server, *NAMES)
        assert [[450]] * 5 == [codes(result) for result in results]
        assert 1 == len(server.served)


@law("late-replies")
def test_a_silence_at_mail_is_no_stale_connection() -> None:
    """A time-out is the message's own; the rest goes on a fresh connection."""
    with ScriptedServer(Script(mail=[OK, Drip(b"")]), Script()) as server:
        results, _ = send(server, "a", "b", "c")
        assert [[250], [FaultCode.TIMEOUT], [250]] == [codes(result) for result in results]


@law("uncertain-after-the-end")
def test_after_the_end_of_data_nothing_is_ever_tried_again() -> None:
    """Nobody knows, and a second try would double it; the others go on."""
    with ScriptedServer(Script(dot=[OK, Close()]), Script()) as server:
        results, _ = send(server, "a", "b", "c")
        assert [[250], [FaultCode.REPLY_LOST], [250]] == [codes(result) for result in results]
        messages = [len(served.messages) for served in server.served]
        assert [2, 1] == messages


@law("enough-messages")
@pytest.mark.parametrize("enough", [b"421 4.7.0 enough\r\n", b"452 4.3.1 enough\r\n"])
def test_a_connection_that_has_enough_at_rcpt_costs_the_message_nothing(enough: bytes) -> None:
    """Else one that says so for ever is kept alive by the messages that it refuses."""
    with ScriptedServer(Script(rcpt=[OK, OK, enough])) as server:
        results, pool = send(server, *NAMES)
        assert [[250]] * 5 == [codes(result) for result in results]
        assert (3, 2) == (pool.stats.opened, pool.stats.stale)
        assert 5 == sum(served.messages.count(BODY) for served in server.served)


def test_a_full_mailbox_is_nothing_of_the_connections() -> None:
    """RFC 3463 3.3: what speaks of the mailbox is that recipient's own on any connection."""
    with ScriptedServer(Script(rcpt=[OK, b"452 4.2.2 full\r\n"])) as server:
        results, pool = send(server, "a", "b")
        assert [[250], [452]] == [codes(result) for result in results]
        assert (1, 0) == (pool.stats.opened, pool.stats.stale)


@law("stale-connections")
def test_a_connection_lost_at_rcpt_is_not_stale() -> None:
    """MAIL was taken, so the connection lived; the message is deferred, not doubled."""
    with ScriptedServer(Script(rcpt=[OK, Close()]), Script()) as server:
        results, _ = send(server, "a", "b")
        assert [[250], [FaultCode.CONNECTION_LOST]] == [codes(result) for result in results]


@law("enough-connections")
def test_a_fresh_connection_that_breaks_ends_the_batch() -> None:
    """What was not tried has lost nothing, and the relay is not hammered."""
    with ScriptedServer(Script(mail=[b"421 4.3.2 busy\r\n"])) as server:
        results, _ = send(server, *NAMES)
        assert [[421]] == [codes(result) for result in results]
        assert 1 == len(server.served)


@law("stale-connections")
def test_what_cannot_be_tried_for_want_of_a_connection_is_left_out() -> None:
    """The message that met the stale connection too."""
    with ScriptedServer(Script(mail=[OK, Close()]), Script(greeting=[b"421 no\r\n"])) as server:
        pool = Pool(Opener(clear(server)))
        with _lend(pool) as lease:
            results = lease.send([to("a"), to("b"), to("c")], always)
            failure = lease.failure
        pool.close_all()
        assert [[250]] == [codes(result) for result in results]
        assert failure is not None
        assert failure.reply == Reply(421, "no", Verb.GREETING)
        assert (0, 0) == (pool.stats.in_use, pool.stats.idle)


def test_a_batch_of_which_nothing_could_be_tried_raises() -> None:
    """The relay's fault, with its stage; no message's outcome."""
    with ScriptedServer(Script(dot=[Close(OK)]), Script(greeting=[b"421 no\r\n"])) as server:
        pool = Pool(Opener(clear(server)))
        with _lend(pool) as lease:
            lease.send([to("a")], always)
            server.served[0].ended.wait(5)
            with pytest.raises(OpeningError):
                lease.send([to("b")], always)
        pool.close_all()
        assert 0 == pool.stats.in_use


@law("enough-messages")
def test_messages_per_connection_are_limited_within_a_batch() -> None:
    """Before the server has to say so."""
    with ScriptedServer() as server:
        results, pool = send(server, *NAMES, limits=PoolLimits(size=1, transactions=2))
        assert [[250]] * 5 == [codes(result) for result in results]
        assert [2, 2, 1] == [len(served.messages) for served in server.served]
        assert 3 == pool.stats.opened


@law("enough-messages")
def test_a_named_limit_on_messages_is_kept() -> None:
    """RFC 9422 3.1: the relay says how many a session may carry, and needs not say 421."""
    with ScriptedServer(Script(ehlo=("PIPELINING", "CHUNKING", "LIMITS MAILMAX=2"))) as server:
        results, _ = send(server, *NAMES)
        assert [[250]] * 5 == [codes(result) for result in results]
        assert [2, 2, 1] == [len(served.messages) for served in server.served]


@law("enough-messages")
def test_each_round_of_a_message_counts_against_a_named_limit() -> None:
    """RFC 9422: what is limited is MAIL, and a message with many recipients needs several."""
    limits = "LIMITS MAILMAX=3 RCPTMAX=1"
    with ScriptedServer(Script(ehlo=("PIPELINING", limits))) as server:
        pool = Pool(Opener(clear(server, impatient(quit=0.2))))
        with _lend(pool) as lease:
            results = lease.send([to("a", "b"), to("c", "d"), to("e"), to(*NAMES)], always)
        pool.close_all(timeout=1)
        lost = FaultCode.CONNECTION_LOST
        assert [[250, 250], [250, 250], [250], [250, 250, 250, lost, lost]] == [
            codes(result) for result in results
        ]
        assert [2, 3, 3] == [served.verbs.count("MAIL") for served in server.served]


@law("one-way-of-data")
def test_bdat_that_was_not_known_is_not_tried_on_the_next_connection() -> None:
    """The relay is remembered, and the rest goes by DATA; one message was deferred."""
    offer = ("PIPELINING", "CHUNKING")
    broken = Script(ehlo=offer, bdat_unread=[b""], bdat=[b"500 5.5.1 what\r\n"])
    with ScriptedServer(broken, Script(ehlo=offer)) as server:
        results, _ = send(server, "a", "b", "c")
        assert [[FaultCode.PROTOCOL_ERROR], [250], [250]] == [codes(result) for result in results]
        assert 2 == server.last.verbs.count("DATA")


@law("stale-connections", "enough-messages")
def test_groups_on_a_stale_connection_lose_and_double_nothing() -> None:
    """A relay that takes BDAT and says 421 after two messages, on every connection."""
    enough: list[Act] = [OK, OK, Close(b"421 4.7.0 enough\r\n")]
    with ScriptedServer(Script(ehlo=("PIPELINING", "CHUNKING"), mail=enough)) as server:
        results, pool = send(server, *NAMES)
        assert [[250]] * 5 == [codes(result) for result in results]
        assert [2, 2, 1] == [len(served.messages) for served in server.served]
        assert (3, 2) == (pool.stats.opened, pool.stats.stale)


def test_a_withdrawn_batch_ends_at_once() -> None:
    """The claim is somebody else's: no further message is begun."""
    with ScriptedServer() as server:
        pool = Pool(Opener(clear(server)))
        with _lend(pool) as lease:
            results = lease.send([to("a"), to("b")], lambda: False)
        pool.close_all()
        server.last.ended.wait(5)
        assert [[FaultCode.STOPPED]] == [codes(result) for result in results]
        assert [] == server.last.messages


def test_leave_is_asked_for_each_message_on_every_connection() -> None:
    """A worker that was stopped between two messages must not send the second."""
    asked: list[bool] = []

    def leave() -> bool:
        asked.append(True)
        return True

    with ScriptedServer(Script(mail=[OK, Close()])) as server:
        pool = Pool(Opener(clear(server)))
        with _lend(pool) as lease:
            results = lease.send([to("a"), to("b")], leave)
        pool.close_all()
        assert [[250], [250]] == [codes(result) for result in results]
        assert [True, True] == asked


def test_a_reused_connection_is_told_in_the_facts() -> None:
    """What an attempt travelled over."""
    with ScriptedServer() as server:
        results, _ = send(server, "a", "b")
        assert [False, True] == [result.connection.reused for result in results]
