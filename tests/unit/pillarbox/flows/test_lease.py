"""How long a hold is trusted."""

from datetime import timedelta

from pillarbox.domain.ids import ClaimId
from pillarbox.flows.lease import LeaseKeeper
from tests.fakes.deliveries import FakeClaimStore, FakeMonotonic

CLAIM = ClaimId("clm_1")


def _keeper(store: FakeClaimStore) -> tuple[LeaseKeeper, FakeMonotonic]:
    monotonic = FakeMonotonic()
    return LeaseKeeper(store, timedelta(seconds=60), monotonic), monotonic


def test_a_hold_is_counted_from_before_the_claim_was_asked_for() -> None:
    """The time that the statement took is the store's, not ours: the hold ends here first."""
    keeper, monotonic = _keeper(FakeClaimStore())
    asked = monotonic()
    monotonic.time += 59

    with keeper.hold(CLAIM, since=asked) as hold:
        assert hold.alive
        monotonic.time += 1
        assert not hold.alive


def test_a_renewed_hold_lives_on() -> None:
    """The heartbeat keeps a long batch alive."""
    keeper, monotonic = _keeper(FakeClaimStore())
    with keeper.hold(CLAIM, since=monotonic()) as hold:
        monotonic.time += 50
        keeper.renew()
        monotonic.time += 50

        assert hold.alive


def test_a_hold_that_the_store_does_not_renew_is_dead_at_once() -> None:
    """The lease ran out there, whatever the clock says here."""
    store = FakeClaimStore(lease_holds=False)
    keeper, monotonic = _keeper(store)
    with keeper.hold(CLAIM, since=monotonic()) as hold:
        monotonic.time += 1
        keeper.renew()

        assert not hold.alive


def test_a_store_that_is_away_costs_a_hold_only_what_its_lease_had_left() -> None:
    """A failed renewal is no reason to drop a batch; the lease is."""
    store = FakeClaimStore(away_for=1)
    keeper, monotonic = _keeper(store)
    with keeper.hold(CLAIM, since=monotonic()) as hold:
        monotonic.time += 20
        keeper.renew()
        assert hold.alive
        keeper.renew()
        monotonic.time += 59

        assert hold.alive


def test_the_heartbeat_ends_when_it_is_told_to() -> None:
    """A process that stops leaves no thread behind."""
    keeper, _ = _keeper(FakeClaimStore())
    keeper.start()

    keeper.stop()
