"""Erasing a recipient: nowhere is their address left, and what was counted stays."""

from collections.abc import Iterator

import orjson
import pytest
from sqlalchemy import LargeBinary

from pillarbox.domain.address import Address
from pillarbox.domain.errors import NothingToRetryError
from pillarbox.domain.outcome import Bounced
from pillarbox.domain.reply import Reply, Verb
from pillarbox.flows.erase import Eraser, Erasure
from pillarbox.flows.ports.acceptance import Acceptance, Idempotency, Replayed
from pillarbox.store.erasure import ERASED
from pillarbox.store.tables import metadata
from tests.contract.mail import DEFERRED, KEY, LOST, SENT, all_settled, message, settled
from tests.contract.revising import caller, make_reviser, statuses
from tests.contract.stores import Stores

ADA = Address("ada", "example.com", "ada@Example.COM")
HASH = b"1" * 32
NAMES_HER = Bounced(Reply(550, "<ada@example.com>: no such user", Verb.RCPT, "5.1.1"))


def _erase(stores: Stores, address: Address = ADA) -> Erasure:
    return Eraser(stores.erasure, stores.revision, None).erase(address)


def _everything(stores: Stores) -> Iterator[bytes]:
    """Read every column of every row as octets."""
    with stores.database.reading() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(table.select()):
                for column, value in zip(table.columns, row, strict=True):
                    is_octets = isinstance(column.type, LargeBinary)
                    yield value if is_octets and value else str(value).encode()


def _mentions(stores: Stores, text: str) -> list[bytes]:
    return [value for value in _everything(stores) if text.encode() in value.lower()]


def _answer(*emails: str) -> bytes:
    return orjson.dumps({"id": "msg_1", "recipients": [{"email": each} for each in emails]})


def test_an_erased_address_is_left_nowhere(stores: Stores) -> None:
    """Not in the recipient, a reply's text, a step, a remembered answer, a header or a subject."""
    sent = message("ada@example.com", "bob@example.com", subject="For ada@example.com")
    stores.acceptance.accept(
        [Acceptance(sent, Idempotency("k", HASH, _answer("ada@example.com", "bob@example.com")))]
    )
    claim = stores.claim()
    stores.claims.settle(claim.id, all_settled(claim, NAMES_HER, SENT))
    assert _mentions(stores, "ada@")

    assert Erasure(messages=1, under_way=0) == _erase(stores)

    assert [] == _mentions(stores, "ada@")
    view = stores.view(sent.id)
    assert [ERASED, "bob@example.com"] == [each.email for each in view.recipients]
    assert ["bounced", "sent"] == statuses(view)
    assert stores.reader.content(sent.id, None) is None


def test_a_repeated_call_still_meets_its_idempotency_key(stores: Stores) -> None:
    """Else a repeat would send to them again."""
    sent = message("bob@example.com", "ada@example.com")
    answer = _answer("bob@example.com", "ada@example.com")
    stores.acceptance.accept([Acceptance(sent, Idempotency("k", HASH, answer))])
    claim = stores.claim()
    stores.claims.settle(claim.id, all_settled(claim))

    _erase(stores)

    assert Replayed(_answer("bob@example.com", ERASED)) == stores.acceptance.replay(KEY, "k", HASH)


def test_what_waits_for_an_erased_recipient_is_cancelled(stores: Stores) -> None:
    stores.accept(waiting := message("ada@example.com"))

    assert Erasure(messages=1, under_way=0) == _erase(stores)

    assert ["cancelled"] == statuses(stores.view(waiting.id))
    assert stores.nothing_due()
    assert 0 == stores.count("contents")


def test_what_may_have_been_sent_stays_uncertain(stores: Stores) -> None:
    """Nothing more is tried, and `cancelled` would be a claim."""
    stores.accept(lost := message("ada@example.com"))
    claim = stores.claim()
    stores.claims.settle(claim.id, all_settled(claim, LOST))

    _erase(stores)

    assert ["uncertain"] == statuses(stores.view(lost.id))
    assert 0 == stores.count("deliveries")


def test_what_is_being_sent_is_told_and_erased_when_asked_again(stores: Stores) -> None:
    """A worker that holds a message cannot be called back."""
    stores.accept(message("ada@example.com"))
    claim = stores.claim()

    assert Erasure(messages=0, under_way=1) == _erase(stores)

    stores.claims.settle(claim.id, all_settled(claim))
    assert Erasure(messages=1, under_way=0) == _erase(stores)
    assert [] == _mentions(stores, "ada@")


def test_others_who_wait_are_still_sent_to_and_the_body_goes_after_them(stores: Stores) -> None:
    """The mail was accepted for them too."""
    sent = message("ada@example.com", "bob@example.com")
    stores.accept(sent)
    claim = stores.claim()
    stores.claims.settle(claim.id, [settled(claim, claim.deliveries[0], SENT, DEFERRED)])

    assert Erasure(messages=1, under_way=0) == _erase(stores)
    assert 0 == stores.retention.purge_doomed(10)
    assert sent.id in stores.claims.contents([sent.id])

    stores.change("DELETE FROM deliveries")
    assert 1 == stores.retention.purge_doomed(10)
    assert 0 == stores.count("contents")
    assert 0 == stores.retention.purge_doomed(10)


def test_other_mail_is_left_alone(stores: Stores) -> None:
    stores.accept(other := message("bob@example.com", subject="Receipt"))

    assert Erasure(messages=0, under_way=0) == _erase(stores)

    assert stores.reader.content(other.id, None) is not None
    assert ["queued"] == statuses(stores.view(other.id))


def test_all_messages_to_an_address_are_found(stores: Stores) -> None:
    """However many: they are erased a hundred at a time."""
    stores.accept(*(message("ada@example.com") for _ in range(250)))

    assert Erasure(messages=250, under_way=0) == _erase(stores)
    assert [] == _mentions(stores, "ada@")


def test_the_answer_to_a_message_of_a_batch_names_nobody(stores: Stores) -> None:
    """It is repeated as it was."""
    sent = message("ada@example.com")
    body = b'{"batch_id":"bat_1","id":"msg_1","status":"queued"}'
    stores.acceptance.accept([Acceptance(sent, Idempotency("k#0", HASH, body))])
    claim = stores.claim()
    stores.claims.settle(claim.id, all_settled(claim))

    assert Erasure(messages=1, under_way=0) == _erase(stores)
    assert {"k#0": Replayed(body)} == stores.acceptance.replays(KEY, {"k#0": HASH})


def test_who_was_erased_cannot_be_tried_again(stores: Stores) -> None:
    """Neither alone nor with companions: the address is gone, and what names it goes too."""
    alone, together = message("ada@example.com"), message("ada@example.com", "bob@example.com")
    stores.accept(alone, together)
    claim = stores.claim()
    held, other = (
        settled(claim, each, *outcomes)
        for each, outcomes in zip(
            claim.deliveries, ((NAMES_HER,), (NAMES_HER, DEFERRED)), strict=True
        )
    )
    stores.claims.settle(claim.id, [held, other])
    _erase(stores)

    for each in (alone, together):
        for named in ([], [Address("erased", "erased.invalid")]):
            with pytest.raises(NothingToRetryError):
                make_reviser(stores).retry(each.id, caller(), named)
