"""When a relay that failed may be tried again: a pause that doubles, then one probe at a time.

1. What fails here is the relay's or ours, never a message's: messages wait as
   they are.
2. After the pause one thread tries; the others do not queue up behind a relay
   that may hang.
3. The first success ends it.
"""

import threading
from collections.abc import Callable
from typing import Protocol

import structlog

FIRST_PAUSE = 1.0
"""Seconds: a relay that restarts is back after a few."""
LONGEST_PAUSE = 30.0
"""Seconds: what a person who has just mended a relay will wait without wondering."""

log = structlog.stdlib.get_logger(__name__)


class RestObserver(Protocol):
    """Who shows that a relay rests."""

    def relay_resting(self, relay: str, *, resting: bool) -> None:
        """Note whether a relay is left alone because it failed."""


class Rest:
    """Whether one relay may be tried now, by what it did before."""

    def __init__(self, relay: str, monotonic: Callable[[], float], observer: RestObserver) -> None:
        self._relay = relay
        self._monotonic = monotonic
        self._observer = observer
        self._lock = threading.Lock()
        self._pause = 0.0
        self._until = 0.0
        self._probing = False
        self._reason = ""

    @property
    def reason(self) -> str:
        """Why the relay rests; empty if it does not."""
        return self._reason

    def may_try(self) -> bool:
        """Whether to go on to the relay; who hears True reports how it went."""
        with self._lock:
            if not self._reason:
                return True
            if self._probing or self._monotonic() < self._until:
                return False
            self._probing = True
            return True

    def succeeded(self) -> None:
        """End the rest."""
        with self._lock:
            was_resting = bool(self._reason)
            self._pause, self._probing, self._reason = 0.0, False, ""
        if was_resting:
            self._observer.relay_resting(self._relay, resting=False)
            log.info("relay_back", relay=self._relay)

    def failed(
        self, reason: str, detail: str, *, longest: bool = False, grows: bool = True
    ) -> None:
        """Rest for twice the last pause, for the `longest` at once, or as long as before.

        `reason` is a few constant words, `detail` what was said; a line is
        logged when the reason changes, not for each failure.
        """
        with self._lock:
            self._lengthen(longest=longest, grows=grows)
            changed, self._reason = reason != self._reason, reason
            pause = self._pause
        if changed:
            self._observer.relay_resting(self._relay, resting=True)
            log.warning(
                "relay_resting", relay=self._relay, reason=reason, detail=detail, seconds=pause
            )

    def _lengthen(self, *, longest: bool, grows: bool) -> None:
        now = self._monotonic()
        self._probing = False
        if longest:
            self._pause = LONGEST_PAUSE
        elif now < self._until:
            return  # a thread that began before the rest has failed too: the same failure
        elif grows or not self._pause:
            self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        self._until = now + self._pause

    def withdrew(self) -> None:
        """Give a probe back that was never made."""
        with self._lock:
            self._probing = False
