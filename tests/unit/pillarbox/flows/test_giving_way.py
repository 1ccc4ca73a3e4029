"""A backlog shares its place: with all between two batches, with a higher lane between groups."""

from dataclasses import replace

from pillarbox.domain.lane import Lane
from pillarbox.flows.claim_size import SECONDS
from pillarbox.flows.deliver import LOOK_SECONDS
from tests.fakes.deliveries import ROUTE, FakeClaimStore, FakeLine, claim, delivery
from tests.fakes.delivering import Scene


def _passing(scene: Scene, line: FakeLine, seconds: float) -> None:
    """Let the relay take so long for each group."""

    def pass_time() -> None:
        scene.monotonic.time += seconds

    line.on_send = pass_time


def test_a_backlog_gives_way_between_two_batches_to_whoever_waits() -> None:
    """And is left behind, to be gone on with in its turn."""
    store = FakeClaimStore(claims=[claim(delivery(0), more=True), claim(delivery(1), more=True)])
    line = FakeLine()
    scene = Scene(store, line)
    scene.places.wanted = True

    assert scene.run()

    assert [0] == line.sent
    assert 1 == scene.transport.given_back


def test_a_backlog_gives_way_between_two_groups_to_a_higher_lane() -> None:
    """High mail waits for a group of another's, not for its batch; the rest is due at once."""
    store = FakeClaimStore(claims=[claim(*(delivery(place) for place in range(6)))])
    line = FakeLine()
    scene = Scene(store, line)
    scene.places.wanted = scene.places.pressed = True

    assert scene.run()

    assert ["begin_data 1", "settle [0, 1]", "hand_back"] == store.log


def test_but_not_before_its_first_group() -> None:
    """What took its turn sends something: no lane starves."""
    store = FakeClaimStore(claims=[claim(delivery(0), delivery(1))])
    line = FakeLine()
    scene = Scene(store, line)
    scene.places.wanted = scene.places.pressed = True

    assert not scene.run()

    assert [0, 1] == line.sent


def test_what_makes_no_headway_is_left_to_the_sweep() -> None:
    """Else one thread would claim and hand back the same for ever."""
    store = FakeClaimStore(claims=[claim(delivery(0), more=True), claim(delivery(1))])
    store.erased_all = True
    scene = Scene(store, FakeLine())

    assert not scene.run()

    assert 1 == len(store.claims)
    assert "hand_back" in store.log


def test_a_claim_holds_what_the_relay_takes_in_half_a_second() -> None:
    """Another key's message may be the next that comes: it is in the next claim."""
    backlog = [claim(*(delivery(place) for place in range(count)), more=True) for count in (2, 4)]
    store = FakeClaimStore(claims=backlog)
    line = FakeLine()
    scene = Scene(store, line, group=100)
    _passing(scene, line, SECONDS / 8)

    scene.run()

    assert [2, 4, 8] == [limit for errand, limit in store.asked if errand.route == ROUTE]


def test_a_claim_is_handed_back_where_the_relay_turns_slow_in_its_midst() -> None:
    """It was made for half a second; what is left would hold up others for as long again."""
    store = FakeClaimStore(claims=[claim(*(delivery(place) for place in range(6)))])
    line = FakeLine()
    scene = Scene(store, line)
    _passing(scene, line, 3 * SECONDS)

    scene.run()

    assert ["begin_data 1", "settle [0, 1]", "hand_back"] == store.log


def test_a_backlog_looks_now_and_then_for_what_is_due_on_a_higher_lane() -> None:
    """The process that was woken for it may have no connection: all that there are carry this."""
    lanes = [replace(ROUTE, lane=lane) for lane in (Lane.HIGH, Lane.NORMAL, Lane.LOW)]
    store = FakeClaimStore(claims=[claim(delivery(0), more=True) for _ in range(3)])
    line = FakeLine()
    scene = Scene(store, line)
    scene.route = lanes[-1]
    _passing(scene, line, LOOK_SECONDS)

    scene.run()

    low, high, normal = "low", "high", "normal"
    asked = [errand.route.lane.value for errand, _ in store.asked]
    assert [low, high, low, high, normal, low] == asked


def test_but_not_before_each_claim_of_a_relay_that_is_quick() -> None:
    """A claim is over in some milliseconds there: looking each time would cost as much again."""
    store = FakeClaimStore(claims=[claim(delivery(0), more=True) for _ in range(3)])
    scene = Scene(store, FakeLine())

    scene.run()

    assert {ROUTE} == {errand.route for errand, _ in store.asked}
