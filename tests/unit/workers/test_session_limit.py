"""A relay whose sessions carry so many messages: the next one is not to blame for its number."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pillarbox.domain.classification import limits_session
from pillarbox.domain.outcome import Bounced, Deferred, Sent
from pillarbox.domain.relay import parse_relay_url
from pillarbox.domain.reply import Reply, Verb
from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Script
from tests.unit.workers.smtp.carrying import all_codes, always, codes, to
from workers.pools import make_pool
from workers.smtp.errors import FaultCode
from workers.smtp.lease import Lease
from workers.smtp.pool import Pool
from workers.smtp.transaction import TransactionResult
from workers.verdicts import outcome_of

OK = b"250 2.1.0 ok\r\n"
NO_MAIL = b"503 5.5.1 need MAIL\r\n"
IB510 = b"550 This message has exceeded the max number of messages per session. IB510\r\n"
HOURLY = b"550 5.7.1 You have exceeded your hourly sending limit\r\n"
SENDER = b"550 5.1.8 Sender address rejected: Domain not found\r\n"


@contextmanager
def _lent(pool: Pool) -> Iterator[Lease]:
    lease = pool.checkout()
    assert lease is not None
    with lease:
        yield lease


def send(server: ScriptedServer, *names: str) -> tuple[list[TransactionResult], Pool]:
    """Carry a batch over a pool that is made as a worker makes it."""
    pool = make_pool(parse_relay_url(server.url), None)
    with _lent(pool) as lease:
        results = lease.send([to(name) for name in names], always)
    pool.close_all(timeout=1)
    return results, pool


@law("enough-messages")
@pytest.mark.parametrize("keywords", [("PIPELINING",), ("PIPELINING", "CHUNKING"), ("SIZE 0",)])
@pytest.mark.parametrize("refusal", [IB510, b"421 4.7.0 Too many messages in this connection\r\n"])
def test_a_session_that_has_had_its_number_costs_the_next_message_nothing(
    refusal: bytes, keywords: tuple[str, ...]
) -> None:
    """Whatever its digit; each goes once, and the number is kept to from then on."""
    script = Script(
        ehlo=keywords,
        mail=[OK, OK, refusal],
        rcpt=[OK, OK, NO_MAIL],
        last=[OK, OK, NO_MAIL],
    )
    with ScriptedServer(script) as server:
        results, pool = send(server, *"abcdefg")

        assert [250] * 7 == all_codes(results)
        assert 1 == pool.stats.stale
        after_the_first = [served.verbs.count("MAIL") for served in server.served[1:]]
        assert [2, 2, 1] == after_the_first


@law("enough-messages")
@pytest.mark.parametrize("keywords", [("PIPELINING",), ("PIPELINING", "CHUNKING"), ("SIZE 0",)])
@pytest.mark.parametrize("refusal", [IB510, HOURLY])
def test_who_is_left_for_a_further_transaction_is_not_refused_with_it(
    refusal: bytes, keywords: tuple[str, ...]
) -> None:
    """Its MAIL is one too many: the rest of the recipients wait for another session."""
    many = b"452 4.5.3 Too many recipients\r\n"
    script = Script(ehlo=keywords, mail=[OK, refusal], rcpt=[OK, many, NO_MAIL])
    with ScriptedServer(script) as server:
        pool = make_pool(parse_relay_url(server.url), None)
        with _lent(pool) as lease:
            [result] = lease.send([to("a", "b")], always)
        pool.close_all(timeout=1)

        assert [250, FaultCode.CONNECTION_LOST] == codes(result)
        assert isinstance(outcome_of(result.verdicts[1]), Deferred)
        assert 550 in [step.reply.code for step in result.steps if step.reply]


@law("enough-messages")
def test_without_another_connection_it_is_not_bounced_for_its_number() -> None:
    """One behind it, larger than the relay takes, has its end: so must this one."""
    script = Script(ehlo=("PIPELINING", "SIZE 200"), mail=[OK, IB510], rcpt=[OK, NO_MAIL])
    with ScriptedServer(script, Script(greeting=[b"421 4.3.2 not now\r\n"])) as server:
        pool = make_pool(parse_relay_url(server.url), None)
        with _lent(pool) as lease:
            results = lease.send([to("a"), to("b"), to("c", content=b"x" * 300)], always)
        pool.close_all(timeout=1)

        assert [250, FaultCode.CONNECTION_LOST, FaultCode.TOO_LARGE] == all_codes(results)
        assert [Sent, Deferred, Bounced] == [type(outcome_of(each.verdicts[0])) for each in results]


@law("enough-messages")
def test_a_number_that_counts_refused_messages_costs_the_next_message_nothing() -> None:
    """Nothing has been carried yet; and of how many that would be nothing is learned."""
    script = Script(mail=[SENDER, IB510], rcpt=[NO_MAIL], data=[NO_MAIL])
    with ScriptedServer(script, Script()) as server:
        results, _ = send(server, *"abcd")

        assert [550, 250, 250, 250] == all_codes(results)
        assert 2 == len(server.served)


@pytest.mark.parametrize("refusal", [IB510, HOURLY])
def test_a_refusal_on_a_fresh_connection_is_the_messages_own(refusal: bytes) -> None:
    """The first digit decides (RFC 5321 4.2.1): one free try, and not one after the other."""
    with ScriptedServer(Script(mail=[OK, refusal]), Script(mail=[refusal])) as server:
        results, _ = send(server, "a", "b")

        assert [250, 550] == all_codes(results)
        assert 2 == len(server.served)


def test_a_rate_that_is_no_sessions_costs_one_try_and_teaches_nothing() -> None:
    """It may be the session's and it may be the hour's; a number of messages it does not name."""
    with ScriptedServer(Script(mail=[OK, HOURLY]), Script()) as server:
        results, _ = send(server, "a", "b", "c", "d")

        assert [250] * 4 == all_codes(results)
        assert [2, 3] == [served.verbs.count("MAIL") for served in server.served]


@pytest.mark.parametrize(
    "script",
    [
        Script(mail=[OK, SENDER]),
        Script(rcpt=[OK, HOURLY]),
        Script(rcpt=[OK, b"550 5.1.1 No such user\r\n"]),
    ],
)
def test_what_speaks_of_the_message_or_a_recipient_bounces_at_once(
    script: Script,
) -> None:
    """No second try: the answer would be the same."""
    with ScriptedServer(script) as server:
        results, _ = send(server, "a", "b")

        assert [250, 550] == all_codes(results)
        assert 1 == len(server.served)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This message has exceeded the max number of messages per session.", True),
        ("Too many messages in this connection, reconnect", True),
        ("Message count for this session reached", True),
        ("Max 20 mails per connection, closing the channel", True),
        ("Limit of 100 emails per connection reached", True),
        ("Session message limit exceeded", True),
        ("Too many connections from your IP", False),
        ("Too many recipients in this session", False),
        ("You have exceeded 500 messages per hour", False),
        ("Message size exceeds the limit of this session", False),
        ("Your message in this session was refused as spam", False),
    ],
)
def test_the_words_of_a_sessions_number_are_told_from_others(*, text: str, expected: bool) -> None:
    """What is learned of a relay stays: only such words may teach it."""
    assert expected is limits_session(Reply(550, text, Verb.MAIL))
