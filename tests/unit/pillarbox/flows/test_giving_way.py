"""A backlog shares its place: with all between two batches, with a higher lane between groups."""

from tests.fakes.deliveries import FakeClaimStore, FakeLine, claim, delivery
from tests.fakes.delivering import Scene


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
