"""Purging walks in small steps, rests when it is through, and keeps what is to be kept."""

from datetime import UTC, datetime, timedelta

from pillarbox.domain.ids import MessageId
from pillarbox.flows.ports.retention import PurgeStep
from pillarbox.flows.purge import (
    BATCH,
    BEAT_SECONDS,
    LONGEST_BEAT_SECONDS,
    PAUSE_SECONDS,
    Purger,
    Retention,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class _Store:
    """Purges messages as it is told to, and remembers what it was asked."""

    def __init__(self, *steps: PurgeStep) -> None:
        self.asked: list[tuple[str, datetime, MessageId | None, int]] = []
        self._steps = list(steps)
        self.doomed = 0

    def purge_doomed(self, limit: int) -> int:
        return self.doomed

    def purge_contents(self, before: datetime, *, after: MessageId | None, limit: int) -> PurgeStep:
        self.asked.append(("contents", before, after, limit))
        return PurgeStep(0, None)

    def purge_messages(self, before: datetime, *, after: MessageId | None, limit: int) -> PurgeStep:
        self.asked.append(("messages", before, after, limit))
        return self._steps.pop(0) if self._steps else PurgeStep(0, None)


class _World:
    """A clock that is set by hand, and a diary."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.looking_takes = 0.0
        self.counted: list[tuple[str, int]] = []
        self.behind: list[tuple[str, float]] = []

    def monotonic(self) -> float:
        self.seconds += self.looking_takes
        return self.seconds

    def purged(self, what: str, count: int) -> None:
        self.counted.append((what, count))

    def purge_behind(self, what: str, seconds: float) -> None:
        self.behind.append((what, seconds))


def _purger(store: _Store, world: _World, retention: Retention) -> Purger:
    return Purger(store, retention, world, now=lambda: NOW, monotonic=world.monotonic)


def test_each_kind_has_an_age_of_its_own() -> None:
    store = _Store()

    _purger(store, _World(), Retention(DAY, 2 * DAY))()

    assert [
        ("contents", NOW - DAY, None, BATCH),
        ("messages", NOW - 2 * DAY, None, BATCH),
    ] == store.asked


def test_what_an_erasure_left_goes_at_the_next_beat_whatever_its_age() -> None:
    store, world = _Store(), _World()
    store.doomed = 2

    _purger(store, world, Retention(None, None))()

    assert [("contents", 2)] == world.counted


def test_what_is_kept_for_ever_is_not_looked_for() -> None:
    store = _Store()

    _purger(store, _World(), Retention(None, None))()

    assert [] == store.asked


def test_a_beat_forgets_as_many_batches_as_it_has_time_for() -> None:
    """Forgetting must keep up with accepting, or the store grows for ever; and sweeping goes on."""
    steps = [PurgeStep(BATCH, MessageId(f"msg_{number}")) for number in range(50)]
    hasty, patient = _World(), _World()
    patient.looking_takes = BEAT_SECONDS / 4.5

    _purger(all_of_it := _Store(*steps), hasty, Retention(None, DAY))()
    _purger(some_of_it := _Store(*steps), patient, Retention(None, DAY))()

    assert [51, 4] == [len(all_of_it.asked), len(some_of_it.asked)]


def test_who_is_behind_takes_longer_beats_until_nothing_is_left() -> None:
    """A quarter of each second forgets less than a thousand a second, which may be accepted."""
    steps = [PurgeStep(BATCH, MessageId(f"msg_{number}")) for number in range(60)]
    world = _World()
    world.looking_takes = BEAT_SECONDS / 4.5
    purge = _purger(store := _Store(*steps), world, Retention(None, DAY))

    asked = []
    for _ in range(4):
        before = len(store.asked)
        purge()
        asked.append(len(store.asked) - before)

    assert [4, 8, 17] == asked[:3]
    assert LONGEST_BEAT_SECONDS > BEAT_SECONDS


def test_how_far_it_is_behind_is_told_and_that_nothing_is_left() -> None:
    """The last message that was looked at should have gone three hours ago."""
    world = _World()
    late = NOW - DAY - timedelta(hours=3)
    store = _Store(PurgeStep(BATCH, MessageId("msg_1"), late), PurgeStep(3, None))

    _purger(store, world, Retention(None, DAY))()

    assert [("messages", 3 * 3600.0), ("messages", 0.0)] == world.behind


def test_a_round_goes_on_where_the_last_step_ended_and_then_rests() -> None:
    """So that nothing is asked for in vain each second."""
    world, last = _World(), MessageId("msg_7")
    store = _Store(PurgeStep(BATCH, last), PurgeStep(3, None))
    purge = _purger(store, world, Retention(None, DAY))

    for _ in range(4):
        purge()
    world.seconds = PAUSE_SECONDS
    purge()

    assert [None, last, None] == [after for _, _, after, _ in store.asked]
    assert [("messages", BATCH), ("messages", 3)] == world.counted


def test_a_rest_is_no_longer_than_the_age() -> None:
    """What is kept for a second would be kept for a minute otherwise, by the round before it."""
    world, store = _World(), _Store()
    purge = _purger(store, world, Retention(None, timedelta(seconds=1)))

    purge()
    world.seconds = 0.9
    purge()
    too_early = len(store.asked)
    world.seconds = 1.0
    world.looking_takes = 0.01
    purge()

    assert (1, 2) == (too_early, len(store.asked))
