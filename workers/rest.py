"""A relay's breaker: when it failed, a pause that doubles, then one probe at a time.

1. What fails here is the relay's or ours, never a message's: messages wait as
   they are.
2. After the pause one thread tries; the others do not queue up behind a relay
   that may hang.
3. The first success ends it.
4. A relay that refuses our credentials is parked: tried again only now and then,
   until somebody resumes it. Wrong passwords, tried again and again, lock an account.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import structlog

from pillarbox.domain.relay_state import Breaker, RelayError

FIRST_PAUSE = 1.0
"""Seconds: a relay that restarts is back after a few."""
LONGEST_PAUSE = 30.0
"""Seconds: what a person who has just mended a relay will wait without wondering."""

PARKED_PAUSE = 300.0
"""Seconds between two tries of a parked relay, should the cause have been mended elsewhere."""

log = structlog.stdlib.get_logger(__name__)


class RestObserver(Protocol):
    """Who shows that a relay rests."""

    def relay_breaker(self, relay: str, breaker: Breaker) -> None:
        """Note whether a relay is tried."""

    def relay_failed(self, relay: str, reason: str) -> None:
        """Count a failure of the relay's, not a message's."""


def _now() -> datetime:
    return datetime.now(UTC)


class Rest:
    """Whether one relay may be tried now, by what it did before."""

    def __init__(
        self,
        relay: str,
        monotonic: Callable[[], float],
        observer: RestObserver,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._relay = relay
        self._monotonic = monotonic
        self._now = now
        self._observer = observer
        self._lock = threading.Lock()
        self._pause = 0.0
        self._until = 0.0
        self._probing = False
        self._parked = False
        self._reason = ""
        self._last_error: RelayError | None = None

    @property
    def reason(self) -> str:
        """Why the relay rests; empty if it does not."""
        return self._reason

    @property
    def last_error(self) -> RelayError | None:
        """What went wrong last, whether or not it works again."""
        return self._last_error

    @property
    def breaker(self) -> Breaker:
        """How it stands."""
        with self._lock:
            return self._stands()

    def would_try(self) -> bool:
        """Whether `may_try` would say yes now; promises nothing."""
        with self._lock:
            return self._is_due()

    def may_try(self) -> bool:
        """Whether to go on to the relay; who hears True reports how it went."""
        with self._lock:
            if not self._is_due():
                return False
            self._probing = bool(self._reason)
            return True

    def succeeded(self) -> None:
        """End the rest."""
        with self._lock:
            was_resting = bool(self._reason)
            self._pause, self._probing, self._parked, self._reason = 0.0, False, False, ""
        if was_resting:
            self._observer.relay_breaker(self._relay, Breaker.CLOSED)
            log.info("relay_back", relay=self._relay)

    def failed(self, reason: str, detail: str, *, parked: bool = False, grows: bool = True) -> None:
        """Rest for twice the last pause, as long as before, or `parked`.

        `reason` is a few constant words, `detail` what was said; a line is
        logged when the reason changes, not for each failure.
        """
        with self._lock:
            before = (self._reason, self._parked)
            self._lengthen(parked=parked, grows=grows)
            self._reason = reason
            changed = before != (reason, self._parked)
            pause = self._pause
            self._last_error = RelayError(reason, detail, self._now())
            breaker = self._stands()
        self._observer.relay_failed(self._relay, reason)
        if changed:
            self._observer.relay_breaker(self._relay, breaker)
            log.log(
                logging.ERROR if parked else logging.WARNING,
                "relay_parked" if parked else "relay_resting",
                relay=self._relay,
                reason=reason,
                detail=detail,
                seconds=pause,
            )

    def withdrew(self) -> None:
        """Give a probe back that was never made."""
        with self._lock:
            self._probing = False

    def resume(self) -> None:
        """Let it be tried at once, and end its parking: somebody says that it is mended."""
        with self._lock:
            resting = bool(self._reason)
            self._parked, self._pause, self._until = False, 0.0, self._monotonic()
        if resting:
            self._observer.relay_breaker(self._relay, Breaker.OPEN)
            log.info("relay_resumed", relay=self._relay)

    def _is_due(self) -> bool:
        if not self._reason:
            return True
        return not self._probing and self._monotonic() >= self._until

    def _stands(self) -> Breaker:
        if not self._reason:
            return Breaker.CLOSED
        if self._parked:
            return Breaker.PARKED
        return Breaker.HALF_OPEN if self._probing else Breaker.OPEN

    def _lengthen(self, *, parked: bool, grows: bool) -> None:
        now = self._monotonic()
        self._probing = False
        if parked:
            self._parked, self._pause = True, PARKED_PAUSE
        elif now < self._until:
            return  # a thread that began before the rest has failed too: the same failure
        elif grows or not self._pause:
            self._parked = False
            self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        self._until = now + self._pause
