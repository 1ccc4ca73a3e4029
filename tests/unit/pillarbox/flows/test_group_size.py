"""Groups are small, for a crash's sake, but where larger ones move more mail."""

from pillarbox.flows.group_size import SMALL, GroupSize, GroupSizes

MOST = 50


def test_a_group_is_small_at_first_and_never_above_the_most() -> None:
    """What an operator allows is a bound."""
    assert [SMALL, 3] == [GroupSize(MOST).now, GroupSize(3).now]


def test_messages_that_share_a_slow_round_trip_go_in_larger_groups() -> None:
    """Ten of them took 12 ms, and so did each: more would have taken hardly longer."""
    size = GroupSize(MOST)

    sizes = []
    for _ in range(4):
        size.learn(size.now, 50.0, 50.0 * size.now)
        sizes.append(size.now)

    assert [20, 40, 50, 50] == sizes


def test_where_a_group_is_over_at_once_larger_ones_cost_less() -> None:
    """Ten messages in 3 ms, each by itself: the commit and the books are what counts."""
    size = GroupSize(MOST)

    sizes = []
    for _ in range(4):
        size.learn(size.now, 0.3 * size.now, 0.3 * size.now)
        sizes.append(size.now)

    assert [20, 40, 50, 50] == sizes


def test_a_group_grows_no_longer_than_it_would_be_quick() -> None:
    """Ten in 60 ms: twenty would be in doubt for longer than is called quick."""
    size = GroupSize(MOST)
    size.learn(SMALL, 60.0, 60.0)

    assert SMALL == size.now


def test_where_each_message_takes_its_own_round_trip_groups_stay_small() -> None:
    """DATA at 50 ms: a group of fifty is as slow a message as one of ten."""
    size = GroupSize(MOST)
    size.learn(SMALL, 50.0 * SMALL, 100.0 * SMALL)

    assert SMALL == size.now


def test_a_relay_that_no_longer_shares_is_led_back() -> None:
    """It may have come to offer CHUNKING no more."""
    size = GroupSize(MOST)
    for _ in range(3):
        size.learn(size.now, 60.0, 60.0 * size.now)
    for _ in range(5):
        size.learn(size.now, 50.0 * size.now, 50.0 * size.now)

    assert SMALL == size.now


def test_a_group_that_was_not_full_teaches_nothing() -> None:
    """A lone message always has its round trips for itself, and all of them."""
    size = GroupSize(MOST)
    size.learn(1, 100.0, 100.0)

    assert SMALL == size.now


def test_each_relay_has_its_own() -> None:
    """One is near, another far."""
    sizes = GroupSizes(MOST)
    sizes.of("far").learn(SMALL, 50.0, 50.0 * SMALL)

    assert [20, SMALL] == [sizes.of("far").now, sizes.of("near").now]
