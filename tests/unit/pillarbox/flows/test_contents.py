"""What a claim's messages are made from is loaded ahead, within bounds."""

from collections.abc import Sequence

from pillarbox.domain.ids import MessageId
from pillarbox.domain.message import Content
from pillarbox.flows.contents import Contents
from tests.fakes.deliveries import FakeClaimStore, content, delivery


class CountingStore(FakeClaimStore):
    """Remembers how much was asked for at a time; has nothing of what is `erased`."""

    def __init__(self, *erased: str) -> None:
        super().__init__()
        self.loads: list[int] = []
        self.erased = erased

    def contents(self, ids: Sequence[MessageId]) -> dict[MessageId, Content]:
        self.loads.append(len(ids))
        return {each: content(each) for each in ids if each not in self.erased}


def _ids(store: CountingStore, sizes: Sequence[int], octets: int) -> list[str | None]:
    deliveries = [delivery(place, size=size) for place, size in enumerate(sizes)]
    contents = Contents(store, deliveries, octets)
    found = [contents.of(each) for each in deliveries]
    return [each.message_id if each else None for each in found]


def test_small_messages_are_loaded_with_one_look() -> None:
    """A look into the store costs as much as several messages."""
    store = CountingStore()

    assert [f"msg_{place:026}" for place in range(100)] == _ids(store, [1000] * 100, 1_000_000)
    assert [100] == store.loads


def test_no_more_is_held_than_the_bound_but_one_message() -> None:
    """Large ones come one by one, whatever a claim holds."""
    store = CountingStore()

    _ids(store, [40, 40, 40, 500, 30, 30], 100)

    assert [2, 1, 1, 2] == store.loads


def test_a_message_that_is_no_more_is_none_and_stops_no_other() -> None:
    """It may have been erased since the claim was made."""
    store = CountingStore(f"msg_{1:026}")

    expected = [f"msg_{0:026}", None, f"msg_{2:026}"]
    assert expected == _ids(store, [10, 10, 10], 100)
    assert [3] == store.loads
