"""A claim holds what its relay takes in half a second: whoever comes next waits no longer."""

from pillarbox.flows.claim_size import FIRST, SECONDS, ClaimSize, ClaimSizes

MOST = 100


def _after_claims(seconds_a_message: float, claims: int = 12) -> list[int]:
    """Return the sizes of claims one after another, each full."""
    size = ClaimSize(MOST)
    sizes = []
    for _ in range(claims):
        sizes.append(size.now)
        size.learn(size.now, size.now * seconds_a_message)
    return sizes


def test_the_first_is_modest_and_never_above_the_most() -> None:
    """Nobody knows the relay yet, and what an operator allows is a bound."""
    assert [FIRST, 1] == [ClaimSize(MOST).now, ClaimSize(1).now]


def test_a_relay_nearby_is_given_full_claims_soon() -> None:
    """The fast case costs six small claims, once in a process's life."""
    assert [2, 4, 8, 16, 32, 64, 100, 100] == _after_claims(0.0005)[:8]


def test_a_slow_relay_is_given_no_more_than_half_a_second_of_its_time() -> None:
    """At 20 ms a message, and at 200: and it is not given less than that either."""
    for pace, fitting in ((0.02, 25), (0.2, 2), (2.0, 1)):
        sizes = _after_claims(pace)

        assert fitting == sizes[-1]
        assert max(sizes) <= max(FIRST, fitting)


def test_a_relay_that_turns_slow_is_given_less_at_once() -> None:
    """One claim is what it takes to know."""
    size = ClaimSize(MOST)
    for _ in range(6):
        size.learn(size.now, 0.001)

    size.learn(MOST, 10 * SECONDS)

    assert MOST // 10 == size.now


def test_a_claim_that_was_not_full_tells_nothing_of_speed() -> None:
    """A lone message takes its round trips, and a hundred may share them."""
    size = ClaimSize(MOST)
    for _ in range(6):
        size.learn(size.now, 0.001)

    size.learn(1, 0.4)
    assert MOST == size.now
    size.learn(0, 30.0)
    assert MOST == size.now


def test_but_one_that_took_too_long_does() -> None:
    """Three messages in three seconds: the next claim must not be a hundred of them."""
    size = ClaimSize(MOST)
    for _ in range(6):
        size.learn(size.now, 0.001)

    size.learn(3, 3.0)

    assert 1 == size.now


def test_each_relay_has_its_own() -> None:
    """One is slow, another is not."""
    sizes = ClaimSizes(MOST)
    sizes.of("near").learn(FIRST, 0.001)

    assert [2 * FIRST, FIRST] == [sizes.of("near").now, sizes.of("slow").now]
