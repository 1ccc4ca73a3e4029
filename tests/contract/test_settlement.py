"""T3: what became of a claim is written whole and by its holder, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from pillarbox.domain.address import Address
from pillarbox.domain.attempt import AttemptOutcome, ConnectionFacts
from pillarbox.domain.outcome import Finding, FindingCode
from pillarbox.domain.status import RecipientStatus
from pillarbox.flows.ports.claims import SettleResult
from pillarbox.flows.settle import Circumstances
from tests.contract.mail import (
    BOOKKEEPER,
    BOUNCED,
    DEFERRED,
    KEY,
    SENT,
    all_settled,
    message,
    settled,
)
from tests.contract.stores import OVER, Stores

HELD = SettleResult(held=True, data_begun=False)


def test_each_recipient_gets_its_own_outcome_and_reply(stores: Stores) -> None:
    """Some accepted, some refused and some deferred in one transaction, each with its reply."""
    sent = message("ada@example.com", "bob@example.com", "cy@example.com")
    stores.accept(sent)
    claim = stores.claim()
    settlement = settled(claim, claim.deliveries[0], SENT, BOUNCED, DEFERRED)

    assert HELD == stores.claims.settle(claim.id, [settlement])

    view = stores.view(sent.id)
    assert list(settlement.states) == [each.state for each in view.recipients]
    assert "deferred" == view.status
    assert [settlement.attempt] == stores.reader.attempts(sent.id, KEY)


def test_what_has_ended_is_no_longer_waiting(stores: Stores) -> None:
    """The index that claims read is as long as the backlog, not as the store."""
    stores.accept(message(), message())
    claim = stores.claim()

    assert HELD == stores.claims.settle(claim.id, all_settled(claim))

    assert (0, 0) == (stores.count("deliveries"), stores.count("claims"))
    assert [["sent"]] == [list(row) for row in stores.ask("SELECT DISTINCT status FROM messages")]


def test_what_must_be_tried_again_waits_for_its_time(stores: Stores) -> None:
    stores.accept(message())
    claim = stores.claim()
    [settlement] = all_settled(claim, DEFERRED)

    stores.claims.settle(claim.id, [settlement])

    assert stores.nothing_due()
    [[due_at, unclaimed]] = stores.ask("SELECT due_at, claim_id IS NULL FROM deliveries")
    assert unclaimed
    if not isinstance(due_at, int):
        assert settlement.due_at == due_at


def test_a_settlement_without_a_claim_writes_nothing(stores: Stores) -> None:
    """A worker that was presumed dead comes back: its claim is another's, or done."""
    sent = message()
    stores.accept(sent)
    dead = stores.claim(lease=OVER)
    before = stores.view(sent.id)
    assert stores.take_over() is not None

    result = stores.claims.settle(dead.id, all_settled(dead, BOUNCED), begin_data_through=5)

    assert SettleResult(held=False, data_begun=False) == result
    assert stores.count("attempts") == 0
    assert "sending" == stores.view(sent.id).status
    assert before.recipients[0].state.attempts == stores.view(sent.id).recipients[0].state.attempts


def test_a_late_settlement_counts_while_nobody_has_taken_over(stores: Stores) -> None:
    """What is known is known; only another holder makes it worthless."""
    stores.accept(message())
    late = stores.claim(lease=OVER)

    assert HELD == stores.claims.settle(late.id, all_settled(late))


def test_settling_a_group_marks_the_next(stores: Stores) -> None:
    """The mark of group k+1 costs no commit of its own."""
    stores.accept(*(message() for _ in range(4)))
    claim = stores.claim()
    stores.claims.begin_data(claim.id, 1)

    first = stores.claims.settle(
        claim.id, [settled(claim, each) for each in claim.deliveries[:2]], begin_data_through=3
    )
    assert SettleResult(held=True, data_begun=True) == first
    assert [[3]] == [list(row) for row in stores.ask("SELECT data_through FROM claims")]


def test_a_lease_that_has_run_out_marks_no_further_group(stores: Stores) -> None:
    """The group that is over is written down; the next one's data must not end."""
    stores.accept(*(message() for _ in range(2)))
    claim = stores.claim(lease=OVER)

    result = stores.claims.settle(
        claim.id, [settled(claim, claim.deliveries[0])], begin_data_through=1
    )

    assert HELD == result
    assert [[None]] == [list(row) for row in stores.ask("SELECT data_through FROM claims")]


def test_settling_again_after_a_lost_answer_changes_nothing(stores: Stores) -> None:
    """The commit may have succeeded though its answer was lost; the worker repeats itself."""
    sent = message()
    stores.accept(sent, message())
    claim = stores.claim()
    settlement = settled(claim, claim.deliveries[0], DEFERRED)
    stores.claims.settle(claim.id, [settlement])
    stores.change("UPDATE recipients SET attempts = 7 WHERE message_id = :id", id=sent.id)

    assert HELD == stores.claims.settle(claim.id, [settlement])

    assert 7 == stores.view(sent.id).recipients[0].state.attempts
    assert (1, 1) == (stores.count("attempts"), stores.count("claims"))


def test_two_settlements_of_one_message_both_count(stores: Stores) -> None:
    """Recipients of one message may take different routes; the message's status sees both."""
    sent = message("ada@example.com", "bob@example.com")
    stores.accept(sent)
    stores.change(
        "INSERT INTO deliveries (message_id, part, relay, lane, key_id, due_at, expires_at)"
        " SELECT message_id, 2, relay, lane, key_id, due_at, expires_at FROM deliveries"
    )
    stores.change("UPDATE deliveries SET part = 1 WHERE part = 0")
    stores.change("UPDATE recipients SET part = position + 1")
    claims = [stores.claim(limit=1), stores.claim(limit=1)]
    assert [1, 1] == [len(claim.deliveries[0].recipients) for claim in claims]

    with ThreadPoolExecutor(2) as threads:
        results = threads.map(
            lambda claim: stores.claims.settle(claim.id, all_settled(claim)), claims
        )

    assert [HELD, HELD] == list(results)
    assert "sent" == stores.view(sent.id).status


def test_a_delivery_that_met_no_transaction_leaves_no_attempt(stores: Stores) -> None:
    """An attempt is one SMTP transaction; our own finding is none."""
    sent = message()
    stores.accept(sent)
    claim = stores.claim()
    finding = Finding(FindingCode.UNBUILDABLE, "no\0way")

    stores.claims.settle(
        claim.id, [BOOKKEEPER.impossible(claim.deliveries[0], finding, claim.claimed_at)]
    )

    state = stores.view(sent.id).recipients[0].state
    assert (RecipientStatus.BOUNCED, 0) == (state.status, state.attempts)
    assert Finding(FindingCode.UNBUILDABLE, "no\N{REPLACEMENT CHARACTER}way") == state.cause
    assert [] == stores.reader.attempts(sent.id, None)


def test_a_peers_text_is_stored_whatever_it_is(stores: Stores) -> None:
    """A server's odd reply must not keep a whole batch from being settled."""
    sent = message()
    stores.accept(sent)
    claim = stores.claim()
    [settlement] = all_settled(claim)
    assert settlement.attempt is not None
    odd = ConnectionFacts("h" * 300, "TLSv1.3" * 9, "c" * 100, reused=True)
    state = replace(
        settlement.states[0],
        cause=replace(SENT.reply, text="a\0\n\U0001f4ec" * 99, enhanced="9" * 40),
    )
    stores.claims.settle(
        claim.id,
        [
            replace(
                settlement,
                states=(state,),
                attempt=replace(settlement.attempt, connection=odd),
            )
        ],
    )

    cause = stores.view(sent.id).recipients[0].state.cause
    assert replace(SENT.reply, text="a\ufffd\n\U0001f4ec" * 99, enhanced="9" * 40) == cause


def test_attempts_are_listed_oldest_first(stores: Stores) -> None:
    sent = message()
    stores.accept(sent)
    for number in range(3):
        claim = stores.claim()
        circumstances = Circumstances(
            relay=f"relay {number}",
            started_at=claim.claimed_at,
            ended_at=claim.claimed_at + timedelta(milliseconds=1.5),
        )
        stores.claims.settle(
            claim.id, [BOOKKEEPER.attempted(claim.deliveries[0], (DEFERRED,), circumstances)]
        )
        stores.change("UPDATE deliveries SET due_at = (SELECT created_at FROM messages)")
        stores.change("UPDATE recipients SET next_attempt_at = (SELECT created_at FROM messages)")

    attempts = stores.reader.attempts(sent.id, None)

    assert attempts is not None
    assert ["relay 0", "relay 1", "relay 2"] == [each.relay for each in attempts]
    assert {(AttemptOutcome.DEFERRED, 1.5, None)} == {
        (each.outcome, each.milliseconds, each.connection) for each in attempts
    }
    assert 3 == stores.view(sent.id).recipients[0].state.attempts


@pytest.mark.parametrize("given", ["ada@example.com", "Ada@BÜCHER.example"])
def test_a_claimed_recipient_is_the_one_that_was_accepted(stores: Stores, given: str) -> None:
    """RCPT carries A-labels; a caller sees what it wrote."""
    sent = message(given)
    stores.accept(sent)

    [recipient] = stores.claim().deliveries[0].recipients

    expected: Address = sent.recipients[0].address
    assert (expected.local, expected.domain, expected.given) == (
        recipient.local,
        recipient.domain,
        recipient.given,
    )
