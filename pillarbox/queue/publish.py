"""Wake-ups: how a worker hears at once of what was committed a moment ago.

1. Commit, then set the flag, then publish; if publishing fails, delete the flag.
2. A consumer deletes the flag before it claims: what is committed after that
   wakes again.
3. The flag lives no longer than a sweep, and the sweep does not look at it:
   a wake-up that is lost costs one sweep.
4. Nobody waits for the broker but this file's own thread, and nobody fails
   with it.
"""

import contextlib
import threading
from typing import Protocol

import redis
import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from pillarbox.domain.message import Route
from pillarbox.queue.names import DELIVER_QUEUES, TaskName, wake_flag
from pillarbox.queue.payload import encode_route

MAX_WAITING = 100
"""Wake-ups that wait in one queue: beyond, no worker is there, and more would only pile up."""

_BROKER_ERRORS = (redis.RedisError, OperationalError, OSError)

log = structlog.stdlib.get_logger(__name__)


class WakeCounts(Protocol):
    """Who counts wake-ups; `pillarbox.observe` does."""

    def wake_published(self) -> None:
        """Count one that is on its way."""

    def wake_dropped(self) -> None:
        """Count one that the broker did not take; the sweep stands in for it."""


class QueueWaker:
    """Wakes workers through the broker; routes that wait for its thread are coalesced.

    `flag_seconds` is the time between two sweeps. The thread starts with the
    first wake-up, so that a process may fork before it; `close()` ends it, and
    closes `client` and `app`.
    """

    def __init__(
        self, *, app: Celery, client: redis.Redis, flag_seconds: float, counts: WakeCounts
    ) -> None:
        self._app = app
        self._client = client
        self._flag_milliseconds = max(1, round(flag_seconds * 1000))
        self._counts = counts
        self._turn = threading.Condition()
        self._waiting: dict[Route, bool] = {}
        self._closed = False
        self._thread: threading.Thread | None = None
        self._away = False

    def wake(self, route: Route) -> None:
        """Publish a wake-up for the route unless one is pending; returns at once."""
        self._hand_over(route, insist=False)

    def insist(self, route: Route) -> None:
        """Publish a wake-up whether or not one is pending; returns at once."""
        self._hand_over(route, insist=True)

    def forget(self, route: Route) -> None:
        """Delete the route's flag, before claiming: from now on a wake-up is news again."""
        try:
            self._client.delete(wake_flag(route))
        except _BROKER_ERRORS as error:
            self._note_away(error)

    def ping(self) -> None:
        """Return if the broker answers; raises `redis.RedisError`."""
        self._client.ping()

    def close(self) -> None:
        """Publish what still waits, end the thread, close the connections."""
        with self._turn:
            self._closed = True
            self._turn.notify()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join()
        self._client.close()
        self._app.close()

    def _hand_over(self, route: Route, *, insist: bool) -> None:
        with self._turn:
            if self._closed:
                return
            self._waiting[route] = insist or self._waiting.get(route, False)
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
                route, insist = next(iter(self._waiting.items()))
                del self._waiting[route]
            try:
                self._publish_unless_pending(route, insist=insist)
            except _BROKER_ERRORS as error:
                self._counts.wake_dropped()
                self._note_away(error)

    def _publish_unless_pending(self, route: Route, *, insist: bool) -> None:
        queue, flag = DELIVER_QUEUES[route.lane], wake_flag(route)
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.llen(queue)
            if not insist:
                pipeline.set(flag, b"1", nx=True, px=self._flag_milliseconds)
            waiting, *was_set = pipeline.execute()
        self._note_back()
        if waiting >= MAX_WAITING or (not insist and not was_set[0]):
            return
        try:
            self._app.send_task(TaskName.DELIVER.value, args=[encode_route(route)], queue=queue)
        except _BROKER_ERRORS:
            with contextlib.suppress(*_BROKER_ERRORS):
                self._client.delete(flag)
            raise
        self._counts.wake_published()

    def _note_away(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            log.warning("broker_away", error=str(error))

    def _note_back(self) -> None:
        if self._away:
            self._away = False
            log.info("broker_back")
