"""Who may deliver at once, and what becomes of those who may not."""

from collections.abc import Sequence

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.flows.ports.claims import Errand
from workers.admission import TURNS_OF_THE_LOWEST, Admission

NORMAL = Errand.usual(Route("default", Lane.NORMAL))
HIGH = Errand.usual(Route("default", Lane.HIGH))
LOW = Errand.usual(Route("default", Lane.LOW))
OTHER = Errand.usual(Route("other", Lane.NORMAL))


def _full(places: int = 2, routes: Sequence[Errand] = (NORMAL,)) -> Admission:
    admission = Admission({"default": places, "other": 2}, 100)
    for _ in range(places):
        assert admission.enter(routes[0])
    return admission


def test_a_relay_has_as_many_places_as_connections() -> None:
    """More batches than connections would wait while they hold claims."""
    admission = Admission({"default": 2}, 100)

    assert [True, True, False] == [admission.enter(NORMAL) for _ in range(3)]


def test_a_busy_relay_keeps_no_place_of_another() -> None:
    """Nothing waits behind a relay that hangs."""
    assert _full().enter(OTHER)


def test_a_hundred_wake_ups_for_a_busy_relay_leave_one_behind() -> None:
    """No thread waits, and who comes free looks once."""
    admission = _full()

    entered = [admission.enter(NORMAL) for _ in range(100)]
    admission.leave(NORMAL)

    assert not any(entered)
    assert [NORMAL, None] == [admission.next(), admission.next()]


def test_who_leaves_takes_up_the_highest_lane_first() -> None:
    """A lane never waits behind a lower one."""
    admission = _full(1)
    for route in (LOW, NORMAL, HIGH):
        admission.enter(route)

    taken = []
    leaving: Errand | None = NORMAL
    while leaving is not None:
        admission.leave(leaving)
        leaving = admission.next()
        taken.append(leaving)

    assert [HIGH, NORMAL, LOW, None] == taken


def test_a_higher_lane_that_waits_is_felt_by_those_below_it() -> None:
    """A backlog of low gives way to it between two groups; high gives way to nobody."""
    admission = _full(2, [LOW])
    before = admission.is_pressed(LOW.route)

    admission.enter(NORMAL)

    assert not before
    assert [True, False, False] == [
        admission.is_pressed(each.route) for each in (LOW, NORMAL, HIGH)
    ]


def test_whoever_waits_for_the_place_is_felt_between_two_batches() -> None:
    """But not one's own errand, nor one for another relay that is full itself."""
    admission = _full(1, [HIGH])
    admission.enter(HIGH)
    own_only = admission.is_wanted(HIGH.route)
    for _ in range(3):
        admission.enter(OTHER)
    elsewhere = admission.is_wanted(HIGH.route)

    admission.enter(LOW)

    assert [False, False, True] == [own_only, elsewhere, admission.is_wanted(HIGH.route)]


def test_the_lowest_lane_has_one_turn_in_ten() -> None:
    """However much high mail there is, low mail is slow and does not starve."""
    admission = _full(1, [HIGH])
    for route in (HIGH, NORMAL, LOW):
        admission.enter(route)

    turns = []
    carried: Errand = HIGH
    for _ in range(2 * TURNS_OF_THE_LOWEST):
        admission.leave(carried, again=True)
        following = admission.next()
        assert following is not None
        carried = following
        turns.append(carried.route.lane)

    assert ([Lane.HIGH] * 9 + [Lane.LOW]) * 2 == turns


def test_nothing_is_taken_up_while_its_relay_is_full() -> None:
    """The place that came free was another relay's."""
    admission = _full()
    admission.enter(OTHER)
    admission.enter(NORMAL)

    admission.leave(OTHER)

    assert admission.next() is None


def test_entering_takes_up_what_was_left_behind_on_the_same_route() -> None:
    """One look finds everything that is due."""
    admission = _full(1)
    admission.enter(NORMAL)
    admission.leave(NORMAL)

    admission.enter(NORMAL)
    admission.leave(NORMAL)

    assert admission.next() is None


def test_a_thread_is_kept_for_the_sweep_and_one_for_lane_high() -> None:
    """However many connections a relay may have, the process goes on sweeping."""
    admission = Admission({"default": 1000}, 12)

    normal = [admission.enter(NORMAL) for _ in range(20)].count(True)
    high = [admission.enter(HIGH) for _ in range(20)].count(True)

    assert [10, 1] == [normal, high]


def test_the_smallest_worker_still_delivers() -> None:
    """Two threads: one sweeps."""
    assert Admission({"default": 8}, 2).enter(NORMAL)


def test_a_relay_that_is_not_configured_has_one_place() -> None:
    """Its messages wait; that it is unknown is said where it is looked up."""
    admission = Admission({}, 100)

    assert [True, False] == [admission.enter(OTHER) for _ in range(2)]


def test_a_thread_is_kept_for_each_relay_that_has_none() -> None:
    """However many hang, the next one's mail finds a thread."""
    places = dict.fromkeys(("first", "second", "third"), 8)
    admission = Admission(places, 12)
    errands = [Errand.usual(Route(name, Lane.NORMAL)) for name in places]

    taken = [sum(admission.enter(each) for _ in range(20)) for each in errands]

    assert [8, 1, 1] == taken


def test_with_more_relays_than_threads_they_share() -> None:
    """What is kept for others is half at most."""
    admission = Admission({f"r{number}": 8 for number in range(50)}, 12)
    errand = Errand.usual(Route("r0", Lane.NORMAL))

    assert 5 == [admission.enter(errand) for _ in range(20)].count(True)


def test_a_relay_that_stands_in_gives_its_own_places() -> None:
    """It is that one which may hang."""
    admission = Admission({"default": 1, "other": 1}, 12)
    instead = Errand(NORMAL.route, "other", ("other",))

    assert [True, False] == [admission.enter(instead) for _ in range(2)]
    assert admission.enter(NORMAL)


def test_after_closing_nobody_enters() -> None:
    """The process ends."""
    admission = _full(1)
    admission.enter(HIGH)
    admission.leave(NORMAL)

    admission.close()

    assert admission.next() is None
    assert not admission.enter(OTHER)
