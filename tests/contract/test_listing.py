"""What a list shows: every filter, alone and together, and pages that miss nothing."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from pillarbox.domain.ids import MessageId
from pillarbox.domain.outcome import Outcome
from pillarbox.flows.ports.reading import MessageFilter
from pillarbox.store.ids import first_message_id_at, new_message_id
from tests.contract.mail import (
    BOUNCED,
    DEFERRED,
    KEY,
    OTHER_KEY,
    SENT,
    all_settled,
    message,
    settled,
)
from tests.contract.stores import OVER, Stores

EVERYTHING = MessageFilter()


def listed(stores: Stores, wanted: MessageFilter, limit: int = 50) -> list[MessageId]:
    return [view.id for view in stores.reader.messages(wanted, limit=limit, before=None)]


def test_a_list_is_newest_first(stores: Stores) -> None:
    sent = [message() for _ in range(5)]
    stores.accept(*sent)

    assert [each.id for each in reversed(sent)] == listed(stores, EVERYTHING)


def test_pages_show_each_message_once_while_more_come_in(stores: Stores) -> None:
    """A page begins behind an id, not at a number: what comes in moves nothing."""
    there = [message() for _ in range(40)]
    stores.accept(*there)

    def add(_: int) -> None:
        stores.accept(*(message() for _ in range(5)))

    seen: list[MessageId] = []
    with ThreadPoolExecutor(2) as threads:
        added = [threads.submit(add, number) for number in range(8)]
        before: MessageId | None = None
        while page := stores.reader.messages(EVERYTHING, limit=7, before=before):
            seen += [view.id for view in page]
            before = page[-1].id
        for each in added:
            each.result()

    assert seen == sorted(set(seen), reverse=True)
    assert {each.id for each in there} <= set(seen)


def test_a_key_sees_its_own_messages_and_manage_sees_all(stores: Stores) -> None:
    """Another key's message is not found, whichever way one asks."""
    own, foreign = message(key=KEY), message(key=OTHER_KEY)
    stores.accept(own, foreign)

    assert [own.id] == listed(stores, MessageFilter(key_id=KEY))
    assert {own.id, foreign.id} == set(listed(stores, EVERYTHING))
    assert stores.reader.message(foreign.id, KEY) is None
    assert stores.reader.attempts(foreign.id, KEY) is None
    assert stores.reader.content(foreign.id, KEY) is None
    assert stores.reader.message(foreign.id, None) is not None
    assert stores.reader.message(new_message_id()[0], None) is None


def test_times_are_ranges_of_ids(stores: Stores) -> None:
    """`after <= t < before`, to the microsecond, although ids know milliseconds."""
    sent = message()
    stores.accept(sent)
    created = sent.created_at
    tick = timedelta(microseconds=1)

    def shown(**bounds: Any) -> bool:  # noqa: ANN401 - the filter's own names
        return bool(listed(stores, MessageFilter(**bounds)))

    assert shown(created_after=created)
    assert not shown(created_after=created + tick)
    assert shown(created_before=created + tick)
    assert not shown(created_before=created)
    assert shown(created_after=created, created_before=created + tick)
    assert first_message_id_at(created) <= sent.id < first_message_id_at(created + tick)


def _one_of_each(stores: Stores) -> dict[str, MessageId]:
    """Bring one message into each status; by the status."""
    names = ("sent", "failed", "partial", "deferred", "uncertain", "sending", "queued")
    sent = {name: message("ada@example.com", f"{name}@example.com") for name in names}
    sent["scheduled"] = message(
        "ada@example.com", "scheduled@example.com", send_in=timedelta(hours=1)
    )
    outcomes: dict[str, tuple[Outcome, Outcome]] = {
        "sent": (SENT, SENT),
        "failed": (BOUNCED, BOUNCED),
        "partial": (SENT, BOUNCED),
        "deferred": (SENT, DEFERRED),
        "uncertain": (SENT, SENT),
    }
    for name, outcome in outcomes.items():
        stores.accept(sent[name])
        claim = stores.claim()
        stores.claims.settle(claim.id, all_settled(claim, *outcome))
    stores.change(
        "UPDATE recipients SET status = 'uncertain' WHERE address = 'uncertain@example.com'"
    )
    stores.change(
        "UPDATE messages SET status = 'uncertain' WHERE id = :id", id=sent["uncertain"].id
    )
    stores.accept(sent["sending"])
    stores.claim()
    stores.accept(sent["queued"], sent["scheduled"])
    return {name: each.id for name, each in sent.items()}


def test_each_status_lists_its_messages(stores: Stores) -> None:
    """`sending` is shown while a worker holds a lease, and then nothing else is."""
    ids = _one_of_each(stores)

    for name, each in ids.items():
        assert name == stores.view(each).status
        assert [each] == listed(stores, MessageFilter(status=name))
        assert [each] == listed(stores, MessageFilter(status=name, key_id=KEY))
        assert [] == listed(stores, MessageFilter(status=name, key_id=OTHER_KEY))


def test_each_recipient_status_lists_its_messages_once(stores: Stores) -> None:
    ids = _one_of_each(stores)

    def names(status: str) -> set[str]:
        found = listed(stores, MessageFilter(recipient_status=status))
        assert len(found) == len(set(found))
        return {name for name, each in ids.items() if each in found}

    assert {"sent", "partial", "deferred", "uncertain"} == names("sent")
    assert {"failed", "partial"} == names("bounced")
    assert {"deferred"} == names("deferred")
    assert {"uncertain"} == names("uncertain")
    assert {"sending"} == names("sending")
    assert {"queued", "scheduled"} == names("queued")
    assert set() == names("expired")


def test_a_claim_whose_lease_has_run_out_sends_nothing(stores: Stores) -> None:
    """A dead worker's message is what it was before; the sweep will say more."""
    sent = message()
    stores.accept(sent)
    stores.claim(lease=OVER)

    assert "queued" == stores.view(sent.id).status
    assert [] == listed(stores, MessageFilter(status="sending"))
    assert [sent.id] == listed(stores, MessageFilter(status="queued", recipient_status="queued"))


def test_only_the_recipients_that_were_due_are_sending(stores: Stores) -> None:
    sent = message("ada@example.com", "bob@example.com")
    stores.accept(sent)
    claim = stores.claim()
    stores.claims.settle(claim.id, [settled(claim, claim.deliveries[0], DEFERRED, DEFERRED)])
    stores.change("UPDATE deliveries SET due_at = (SELECT created_at FROM messages)")
    stores.change(
        "UPDATE recipients SET next_attempt_at = (SELECT created_at FROM messages)"
        " WHERE address = 'ada@example.com'"
    )
    stores.claim()

    view = stores.view(sent.id)
    assert ["sending", "deferred"] == [each.state.status for each in view.recipients]
    assert "sending" == view.status
    for status in ("sending", "deferred"):
        assert [sent.id] == listed(stores, MessageFilter(recipient_status=status))
    for address, status in (("ada@example.com", "deferred"), ("bob@example.com", "sending")):
        wanted = MessageFilter(recipient=address, recipient_status=status)
        assert [] == listed(stores, wanted)


def test_a_recipient_and_its_status_are_asked_of_the_same_recipient(stores: Stores) -> None:
    """`recipient=ada&recipient_status=bounced`: ada bounced, not somebody beside her."""
    sent = message("ada@example.com", "bob@example.com")
    stores.accept(sent)
    claim = stores.claim()
    stores.claims.settle(claim.id, [settled(claim, claim.deliveries[0], SENT, BOUNCED)])

    def shown(address: str, status: str) -> bool:
        return bool(listed(stores, MessageFilter(recipient=address, recipient_status=status)))

    assert shown("bob@example.com", "bounced")
    assert shown("ada@example.com", "sent")
    assert not shown("ada@example.com", "bounced")


ONE_MESSAGE = {
    "key_id": (KEY, OTHER_KEY),
    "status": ("deferred", "sent"),
    "recipient": ("bob@example.com", "eve@example.com"),
    "recipient_status": ("deferred", "queued"),
    "sender": ("billing@acme.test", "sales@acme.test"),
    "tags": (("a", "b"), ("a", "c")),
    "metadata": ((("order", "42"), ("shop", "7")), (("order", "43"),)),
}
"""By filter: a value that the message has, and one that it has not."""


def _pairs() -> Sequence[tuple[str, ...]]:
    return [*combinations(ONE_MESSAGE, 1), *combinations(ONE_MESSAGE, 2), tuple(ONE_MESSAGE)]


def test_filters_are_all_asked(stores: Stores) -> None:
    """Alone, in pairs and all together: every filter must fit."""
    sent = message(
        "ada@example.com", "bob@example.com", tags=("a", "b"), metadata={"order": "42", "shop": "7"}
    )
    decoy = message("cy@example.com", sender="other@acme.test", key=OTHER_KEY, tags=("d",))
    stores.accept(sent)
    claim = stores.claim()
    stores.claims.settle(claim.id, [settled(claim, claim.deliveries[0], SENT, DEFERRED)])
    stores.accept(decoy)

    for names in _pairs():
        fits: dict[str, Any] = {name: ONE_MESSAGE[name][0] for name in names}
        assert [sent.id] == listed(stores, MessageFilter(**fits)), names
        for wrong in names:
            misfits = fits | {wrong: ONE_MESSAGE[wrong][1]}
            assert sent.id not in listed(stores, MessageFilter(**misfits)), (names, wrong)


def test_a_filter_may_hold_what_the_store_cannot(stores: Stores) -> None:
    """U+0000 in a query is in nothing that is stored, and no failure of the store."""
    stores.accept(message())

    for wanted in (
        MessageFilter(recipient="a\0@example.com", recipient_status="a\0"),
        MessageFilter(sender="a\0@example.com", status="a\0"),
        MessageFilter(tags=("a\0",), metadata=(("a\0", "b"),)),
    ):
        assert [] == listed(stores, wanted)


@pytest.mark.parametrize("status", ["sending", "nonsense", "sent' OR 1=1 --"])
def test_a_status_that_nothing_has_lists_nothing(stores: Stores, status: str) -> None:
    stores.accept(message())

    assert [] == listed(stores, MessageFilter(status=status))
    assert [] == listed(stores, MessageFilter(recipient_status=status))


def test_a_page_is_bounded(stores: Stores) -> None:
    stores.accept(*(message("ada@example.com", "bob@example.com", tags=("t",)) for _ in range(9)))

    for wanted in (
        EVERYTHING,
        MessageFilter(tags=("t",)),
        MessageFilter(recipient_status="queued"),
        MessageFilter(recipient="bob@example.com"),
    ):
        pages = []
        before = None
        while page := stores.reader.messages(wanted, limit=4, before=before):
            pages.append(len(page))
            before = page[-1].id
        assert [4, 4, 1] == pages
