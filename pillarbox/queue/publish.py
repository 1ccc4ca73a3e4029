"""Wake-ups: how a worker hears at once of what was committed a moment ago.

1. Commit, then raise the flag, then publish; if publishing fails, drop the flag.
2. A consumer drops the flag before it claims: what is committed after that
   wakes again.
3. The flag lives no longer than a sweep, and the sweep does not look at it:
   a wake-up that is lost costs one sweep.
4. Nobody waits for the broker but this file's own thread, and nobody fails
   with it.
5. Where many messages come one by one (the API), that thread rests after each
   round: the first wake-up leaves at once, and all that come in the next
   milliseconds are one more. Asking the broker for each message would cost a
   tenth of its acceptance.
"""

import contextlib
import threading
from collections.abc import Callable
from typing import Protocol

import structlog

from pillarbox.domain.message import Route
from pillarbox.queue.broker import Broker, BrokerAwayError

MAX_WAITING = 100
"""Wake-ups that wait in one queue: beyond, no worker is there, and more would only pile up."""

REST_SECONDS = 0.01
"""For the API: less than a message takes to the relay."""

log = structlog.stdlib.get_logger(__name__)


class WakeCounts(Protocol):
    """Who counts wake-ups; `pillarbox.observe` does."""

    def wake_published(self) -> None:
        """Count one that is on its way."""

    def wake_dropped(self) -> None:
        """Count one that the broker did not take; the sweep stands in for it."""


class WakeBroker(Protocol):
    """What is needed of the broker; each fails with `BrokerAwayError`. `Broker` has it all."""

    def raise_flag(self, route: Route, milliseconds: int) -> bool:
        """Say that a wake-up is on its way; False if it was said before."""

    def drop_flag(self, route: Route) -> None:
        """Say that none is on its way."""

    def wake_ups_waiting(self, route: Route) -> int:
        """Count what waits in the route's queue."""

    def publish_wake_up(self, route: Route) -> None:
        """Put a wake-up into the route's queue."""

    def ping(self) -> None:
        """Return if it answers."""

    def close(self) -> None:
        """Close all connections."""


class CeleryWaker:
    """Wakes workers through the broker; routes that wait for its thread are coalesced.

    `flag_seconds` is the time between two sweeps, `rest_seconds` that between two
    rounds of publishing. What the broker does not take is given to `stand_in`,
    which must return at once; so is what it takes while this process is `deaf`.
    The thread starts with the first wake-up, so that a process may fork before it;
    `close()` ends it, and closes the broker's connections.
    """

    def __init__(
        self,
        broker: WakeBroker,
        *,
        flag_seconds: float,
        rest_seconds: float = 0.0,
        counts: WakeCounts | None = None,
        stand_in: Callable[[Route], None] | None = None,
        deaf: Callable[[], bool] = lambda: False,
    ) -> None:
        self._broker = broker
        self._stand_in = stand_in
        self._deaf = deaf
        self._rest_seconds = rest_seconds
        self._flag_milliseconds = max(1, round(flag_seconds * 1000))
        self._counts = counts
        self._turn = threading.Condition()
        self._waiting: dict[Route, bool] = {}
        self._closed = False
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._away = False

    @classmethod
    def at(
        cls,
        redis_url: str,
        *,
        flag_seconds: float,
        rest_seconds: float = 0.0,
        counts: WakeCounts | None = None,
        stand_in: Callable[[Route], None] | None = None,
        deaf: Callable[[], bool] = lambda: False,
    ) -> "CeleryWaker":
        """Make one for the broker at a URL; nothing is connected before the first wake-up."""
        return cls(
            Broker(redis_url),
            flag_seconds=flag_seconds,
            rest_seconds=rest_seconds,
            counts=counts,
            stand_in=stand_in,
            deaf=deaf,
        )

    def wake(self, route: Route) -> None:
        """Publish a wake-up for the route unless one is pending; returns at once."""
        self._hand_over(route, insist=False)

    def insist(self, route: Route) -> None:
        """Publish a wake-up whether or not one is pending; returns at once."""
        self._hand_over(route, insist=True)

    def forget(self, route: Route) -> None:
        """Drop the route's flag, before claiming: from now on a wake-up is news again."""
        try:
            self._broker.drop_flag(route)
        except BrokerAwayError as error:
            self._note_away(error)

    def ping(self) -> None:
        """Return if the broker answers; raises `BrokerAwayError`."""
        self._broker.ping()

    def close(self) -> None:
        """Publish what still waits, end the thread, close the connections."""
        with self._turn:
            self._closed = True
            self._closing.set()
            self._turn.notify()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join()
        self._broker.close()

    def _hand_over(self, route: Route, *, insist: bool) -> None:
        with self._turn:
            waits_already = self._waiting.get(route)
            if self._closed or waits_already or waits_already is insist:
                return
            self._waiting[route] = insist
            # after a fork the parent's thread is not alive here, and a new one starts
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
                self._thread.start()
            self._turn.notify()

    def _run(self) -> None:
        while True:
            with self._turn:
                while not self._waiting:
                    if self._closed:
                        return
                    self._turn.wait()
                round_, self._waiting = self._waiting, {}
            for route, insist in round_.items():
                try:
                    self._publish(route, insist=insist)
                except BrokerAwayError as error:
                    self._note_away(error)
                    if self._counts is not None:
                        self._counts.wake_dropped()
                    taken = False
                else:
                    taken = not self._deaf()
                if not taken and self._stand_in is not None:
                    self._stand_in(route)
            if self._rest_seconds:
                self._closing.wait(self._rest_seconds)

    def _publish(self, route: Route, *, insist: bool) -> None:
        if not self._broker.raise_flag(route, self._flag_milliseconds) and not insist:
            return
        try:
            if self._broker.wake_ups_waiting(route) >= MAX_WAITING:
                return
            self._broker.publish_wake_up(route)
        except BrokerAwayError:
            with contextlib.suppress(BrokerAwayError):
                self._broker.drop_flag(route)
            raise
        self._note_back()
        if self._counts is not None:
            self._counts.wake_published()

    def _note_away(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            log.warning("broker_away", error=str(error))

    def _note_back(self) -> None:
        if self._away:
            self._away = False
            log.info("broker_back")
