"""What waits for its time, in its lane, and what its caller said of uncertainty."""

from datetime import timedelta

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.domain.retry import OnUncertain
from pillarbox.flows.ports.claims import Errand
from pillarbox.flows.ports.reading import MessageFilter
from pillarbox.store.ids import new_batch_id
from tests.contract.mail import LOST, ROUTE, all_settled, message
from tests.contract.stores import LONG, Stores

HOUR = timedelta(hours=1)


def listed(stores: Stores, **wanted: str) -> list[str]:
    return [
        view.id
        for view in stores.reader.messages(MessageFilter(**wanted), limit=9, before=None)  # type: ignore[arg-type]  # names of its own
    ]


def test_what_is_scheduled_is_not_due_before_its_time(stores: Stores) -> None:
    """`send_at` is a column, on the database's clock; nobody keeps a timer."""
    later = message("ada@x.test", "bob@x.test", send_in=HOUR)
    stores.accept(later)

    view = stores.view(later.id)
    assert stores.nothing_due()
    assert ("scheduled", later.send_at) == (view.status, view.send_at)
    assert [later.send_at] * 2 == [each.state.next_attempt_at for each in view.recipients]
    assert [later.id] == listed(stores, status="scheduled")
    assert 0 == stores.claims.queue_scheduled(10)


def test_what_has_come_is_queued_and_due(stores: Stores) -> None:
    """A sweep says so at most so many at a time, and claims do not wait for it."""
    come = [message(send_in=timedelta(milliseconds=1) - HOUR) for _ in range(3)]
    later = message(send_in=HOUR)
    stores.accept(*come, later)

    assert 2 == stores.claims.queue_scheduled(2)
    assert 1 == stores.claims.queue_scheduled(2)
    assert 0 == stores.claims.queue_scheduled(2)
    assert {"queued"} == {stores.view(each.id).status for each in come}
    assert {later.id} == set(listed(stores, status="scheduled"))
    assert {each.id for each in come} == {each.message_id for each in stores.claim().deliveries}


def test_a_message_waits_in_its_lane(stores: Stores) -> None:
    high = message(route=Route("default", Lane.HIGH))
    stores.accept(high)

    assert stores.nothing_due()
    claim = stores.claims.claim(
        Errand.usual(Route("default", Lane.HIGH)), worker="one", lease=LONG, limit=5
    )
    assert claim is not None
    assert "high" == stores.view(high.id).priority


def test_a_message_to_be_held_says_so_to_its_worker(stores: Stores) -> None:
    """Held: nothing is scheduled, and only its caller moves it."""
    held = message(on_uncertain=OnUncertain.HOLD)
    stores.accept(held)

    claim = stores.claim()
    assert [OnUncertain.HOLD] == [each.on_uncertain for each in claim.deliveries]
    stores.claims.settle(claim.id, all_settled(claim, LOST))

    view = stores.view(held.id)
    assert ("uncertain", "hold") == (view.status, view.on_uncertain)
    assert 0 == stores.count("deliveries")


def test_a_batch_lists_its_messages(stores: Stores) -> None:
    batch = new_batch_id()
    own, other = message(batch_id=batch, relay="default"), message(batch_id=new_batch_id())
    stores.accept(own, other, message())

    assert [own.id] == listed(stores, batch=batch)
    assert [] == listed(stores, batch=batch, status="sent")
    assert [own.id] == listed(stores, batch=batch, recipient="ada@example.com")
    view = stores.view(own.id)
    assert (batch, ROUTE.relay) == (view.batch_id, view.relay)
