"""The scheduler's round."""

from datetime import timedelta

from pillarbox.domain.retry import RetrySchedule
from pillarbox.domain.status import RecipientStatus
from pillarbox.flows.settle import Bookkeeper
from pillarbox.flows.sweep import Sweeper, SweepResult
from tests.fakes.categories import other
from tests.fakes.deliveries import ROUTE, FakeClaimStore, FakeWaker, claim, delivery
from tests.laws.registry import law


def _sweep(store: FakeClaimStore) -> tuple[SweepResult, FakeWaker]:
    waker = FakeWaker()
    schedule = RetrySchedule(timedelta(seconds=60), timedelta(hours=4))
    sweeper = Sweeper(
        store=store,
        waker=waker,
        bookkeeper=Bookkeeper(schedule, other, lambda: 0.0),
        worker="scheduler",
        lease=timedelta(seconds=60),
    )
    return sweeper(), waker


@law("killed-before-recording")
def test_a_dead_claim_is_uncertain_up_to_its_mark_and_due_beyond_it() -> None:
    """After a crash at most one group is uncertain, not the whole batch."""
    store = FakeClaimStore(dead=[claim(*(delivery(place) for place in range(4)), through=1)])

    result, _ = _sweep(store)

    assert 1 == result.dead_claims
    assert [
        RecipientStatus.UNCERTAIN,
        RecipientStatus.UNCERTAIN,
        RecipientStatus.DEFERRED,
        RecipientStatus.DEFERRED,
    ] == [each.states[0].status for each in store.settled]


def test_a_dead_claim_without_a_mark_is_due_again_whole() -> None:
    """Without the mark no data can have ended."""
    store = FakeClaimStore(dead=[claim(delivery(0), delivery(1))])

    _sweep(store)

    assert {RecipientStatus.DEFERRED} == {each.states[0].status for each in store.settled}


def test_what_is_past_its_lifetime_expires() -> None:
    """Nothing is tried for ever."""
    store = FakeClaimStore(expired=[claim(delivery(0)), claim(delivery(1))])

    result, _ = _sweep(store)

    assert 2 == result.expired
    assert {RecipientStatus.EXPIRED} == {each.states[0].status for each in store.settled}


def test_the_sweep_wakes_for_what_is_due_without_asking_whether_a_wake_up_is_pending() -> None:
    """A wake-up that is pending may have been lost with the broker."""
    store = FakeClaimStore(routes=[ROUTE])

    _, waker = _sweep(store)

    assert [ROUTE] == waker.insisted
    assert [] == waker.woken
