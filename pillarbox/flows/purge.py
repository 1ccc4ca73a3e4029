"""What is forgotten by age, bodies first, later the whole message; and what erasures left.

1. One small batch at a time, so that no writer waits for it longer than for
   another; the sweep calls this at each of its beats, for a part of a second, and
   for twice as long as the last time while more is left: it keeps up with what
   is accepted, and says how far it is behind.
2. What is still scheduled stays, however old it is; a round walks past it.
3. It may run twice at once, or not at all for a while, without harm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pillarbox.domain.ids import MessageId
from pillarbox.flows.ports.retention import PurgeStep, RetentionStore

BATCH = 100
"""Messages that one transaction forgets: some milliseconds."""

BEAT_SECONDS = 0.25
"""For batches of one kind at one beat: one batch a second is less than what is accepted."""

LONGEST_BEAT_SECONDS = 2.0
"""For one that is behind: with a quarter of each second a thousand a second are too many."""

PAUSE_SECONDS = 60.0
"""At most, after a round that found nothing more: ages are days. A shorter age rests as long."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept; None is for ever."""

    contents: timedelta | None
    messages: timedelta | None


class PurgeObserver(Protocol):
    """Who counts what was forgotten; never fails its caller."""

    def purged(self, what: str, count: int) -> None:
        """Note that so many `contents` or `messages` were purged."""

    def purge_behind(self, what: str, seconds: float) -> None:
        """Note how much longer than they should have the oldest were kept; 0 if none was."""


class _Purge(Protocol):
    def __call__(self, before: datetime, *, after: MessageId | None, limit: int) -> PurgeStep: ...


class Purger:
    """The use case behind the settings of retention: each call is some batches of each kind."""

    def __init__(
        self,
        store: RetentionStore,
        retention: Retention,
        observer: PurgeObserver,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._store = store
        self._observer = observer
        self._now = now
        self._monotonic = monotonic
        kinds = (
            ("contents", store.purge_contents, retention.contents),
            ("messages", store.purge_messages, retention.messages),
        )
        self._rounds = [_Round(what, purge, age) for what, purge, age in kinds if age is not None]

    def __call__(self) -> None:
        """Forget some batches of each kind, if there are any."""
        if doomed := self._store.purge_doomed(BATCH):
            self._observer.purged("contents", doomed)
        for each in self._rounds:
            until = self._monotonic() + each.beat
            while each.rests_until <= self._monotonic() <= until:
                self._step(each)
            through = each.after is None
            each.beat = BEAT_SECONDS if through else min(each.beat * 2, LONGEST_BEAT_SECONDS)

    def _step(self, walk: "_Round") -> None:
        before = self._now() - walk.age
        done = walk.purge(before, after=walk.after, limit=BATCH)
        walk.after = done.through
        if done.through is None:
            rest = min(PAUSE_SECONDS, walk.age.total_seconds())
            walk.rests_until = self._monotonic() + rest
        behind = (before - done.reached).total_seconds() if done.reached else 0.0
        self._observer.purge_behind(walk.what, behind)
        if done.purged:
            self._observer.purged(walk.what, done.purged)


@dataclass(slots=True)
class _Round:
    """A walk over all messages of an age, from the oldest, a batch at each step; then a rest."""

    what: str
    purge: _Purge
    age: timedelta
    after: MessageId | None = None
    rests_until: float = 0.0
    beat: float = BEAT_SECONDS
