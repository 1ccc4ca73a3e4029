"""What is old is forgotten, in small batches; what is scheduled never is."""

from datetime import UTC, datetime, timedelta

import pytest

from pillarbox.domain.ids import MessageId
from pillarbox.domain.message import Attachment
from pillarbox.flows.ports.acceptance import Acceptance, Idempotency
from pillarbox.flows.ports.retention import PurgeStep
from tests.contract.mail import LOST, all_settled, message
from tests.contract.stores import Stores

LATER = timedelta(hours=1)
LOGO = Attachment("logo.png", "image/png", b"\x89PNG", content_id="logo")
TERMS = Attachment("terms.pdf", "application/pdf", b"%PDF")


def _young() -> datetime:
    """Return a moment behind all that was accepted: everything is old then."""
    return datetime.now(UTC) + LATER


def _purge(stores: Stores, *, limit: int = 100) -> PurgeStep:
    return stores.retention.purge_messages(_young(), after=None, limit=limit)


def _purge_contents(stores: Stores) -> PurgeStep:
    return stores.retention.purge_contents(_young(), after=None, limit=100)


def _send_all(stores: Stores) -> None:
    claim = stores.claim()
    stores.claims.settle(claim.id, all_settled(claim))


@pytest.fixture
def old(stores: Stores) -> MessageId:
    """Send a message that has all that a message can have."""
    whole = message(
        "ada@example.com",
        "bob@example.com",
        tags=("receipt",),
        metadata={"order": "42"},
        attachments=(LOGO, TERMS),
    )
    stores.acceptance.accept([Acceptance(whole, Idempotency("once", b"1" * 32, b"{}"))])
    _send_all(stores)
    return whole.id


def test_a_purged_message_leaves_nothing_behind(stores: Stores, old: MessageId) -> None:
    """Not in any table, its attachments and its Idempotency-Key among them."""
    purged = _purge(stores)

    assert PurgeStep(1, None) == purged
    assert stores.reader.message(old, None) is None
    tables = ("messages", "contents", "blobs", "blob_uses", "recipients", "labels", "deliveries")
    assert dict.fromkeys((*tables, "attempts", "idempotency_keys"), 0) == {
        table: stores.count(table) for table in (*tables, "attempts", "idempotency_keys")
    }


def test_purged_content_leaves_what_became_of_the_message(stores: Stores, old: MessageId) -> None:
    """Bodies go earlier than what is known of their delivery."""
    assert PurgeStep(1, None) == _purge_contents(stores)

    assert stores.reader.content(old, None) is None
    view = stores.view(old)
    assert ["sent", "sent"] == [each.state.status for each in view.recipients]
    assert 1 == len(stores.reader.attempts(old, None) or ())
    assert (0, 0) == (stores.count("blobs"), stores.count("blob_uses"))


def test_an_attachment_stays_while_another_message_is_made_from_it(
    stores: Stores, old: MessageId
) -> None:
    """It is stored once for all of them."""
    waiting = message(attachments=(LOGO,), send_in=LATER)
    stores.accept(waiting)

    assert 1 == _purge(stores).purged

    assert stores.reader.message(old, None) is None
    assert (LOGO,) == stores.claims.contents([waiting.id])[waiting.id].attachments
    assert 1 == stores.count("blobs")


def test_what_is_scheduled_is_never_purged(stores: Stores) -> None:
    """However old it is: it was accepted, and has no outcome yet."""
    queued, scheduled = message(), message(send_in=timedelta(minutes=1))
    stores.accept(queued, scheduled)

    assert PurgeStep(0, None) == _purge(stores)
    assert PurgeStep(0, None) == _purge_contents(stores)

    assert 2 == stores.count("contents")


def test_what_a_worker_holds_is_never_purged(stores: Stores) -> None:
    stores.accept(message())
    stores.claim()

    assert PurgeStep(0, None) == _purge(stores)


def test_an_uncertain_message_with_a_retry_is_never_purged(stores: Stores) -> None:
    stores.accept(message())
    claim = stores.claim()
    stores.claims.settle(claim.id, all_settled(claim, LOST))

    assert PurgeStep(0, None) == _purge(stores)


def test_a_young_message_stays(stores: Stores, old: MessageId) -> None:
    """Its age is that of its acceptance."""
    before = stores.view(old).created_at

    assert PurgeStep(0, None) == stores.retention.purge_messages(before, after=None, limit=100)
    assert PurgeStep(0, None) == stores.retention.purge_contents(before, after=None, limit=100)


def test_the_age_of_a_message_with_a_send_at_counts_from_there(stores: Stores) -> None:
    """Else one that was scheduled for a year ahead would be forgotten the day it is sent."""
    scheduled = message(send_in=timedelta(days=300))
    stores.accept(scheduled)
    stores.change("DELETE FROM deliveries")  # as if it had been cancelled

    assert 0 == _purge(stores).purged
    much_later = datetime.now(UTC) + timedelta(days=301)
    assert 1 == stores.retention.purge_messages(much_later, after=None, limit=10).purged


def test_a_round_walks_through_all_in_batches(stores: Stores) -> None:
    """From the oldest on; the last batch says that it is the last."""
    ids = [message() for _ in range(5)]
    stores.accept(*ids)
    _send_all(stores)

    first = stores.retention.purge_messages(_young(), after=None, limit=2)
    second = stores.retention.purge_messages(_young(), after=first.through, limit=2)
    third = stores.retention.purge_messages(_young(), after=second.through, limit=2)

    assert PurgeStep(2, ids[1].id, ids[1].created_at) == first
    assert PurgeStep(2, ids[3].id, ids[3].created_at) == second
    assert PurgeStep(1, None) == third
    assert 0 == stores.count("messages")
