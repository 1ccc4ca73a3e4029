import contextlib
import threading

import redis
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.exceptions import OperationalError
from kombu.messaging import Producer

from pillarbox.domain.message import Route
from pillarbox.queue.app import Role, make_app, own_queue
from pillarbox.queue.client import make_client
from pillarbox.queue.names import (
    DELIVER_QUEUES,
    SCHEDULED,
    SCHEDULING,
    SWEEP_QUEUE,
    TaskName,
    wake_flag,
)
from pillarbox.queue.payload import encode_route


class BrokerAwayError(Exception):
    """The broker did not take part; what was asked of it may or may not have happened."""


_NOTE_SCHEDULER = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('SET', KEYS[1], '1', 'PX', ARGV[2])
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('PEXPIRE', KEYS[2], ARGV[2])
"""

_ERRORS = (redis.RedisError, OperationalError, OSError)


class Broker:
    """What publishers ask of the broker, each at once or not at all: `BrokerAwayError`.

    Nothing is connected before it is first used. Its methods may be called
    from several threads, and from a process forked before the first use.
    """

    def __init__(self, redis_url: str) -> None:
        self._client = make_client(redis_url)
        self._note = self._client.register_script(_NOTE_SCHEDULER)
        self._app = make_app(redis_url, role=Role.PUBLISHER)
        self._publishing = threading.Lock()
        self._connection: Connection | None = None
        self._producer: Producer | None = None

    def raise_flag(self, route: Route, milliseconds: int) -> bool:
        """Say that a wake-up is on its way, for so long; False if it was said before."""
        try:
            return bool(self._client.set(wake_flag(route), b"1", nx=True, px=milliseconds))
        except _ERRORS as error:
            raise BrokerAwayError(str(error)) from error

    def drop_flag(self, route: Route) -> None:
        """Say that no wake-up is on its way."""
        try:
            self._client.delete(wake_flag(route))
        except _ERRORS as error:
            raise BrokerAwayError(str(error)) from error

    def wake_ups_waiting(self, route: Route) -> int:
        """Count what waits in the route's queue."""
        return self._waiting(DELIVER_QUEUES[route.lane])

    def sweeps_waiting(self) -> int:
        """Count the sweeps that nobody has begun."""
        return self._waiting(SWEEP_QUEUE)

    def publish_wake_up(self, route: Route) -> None:
        """Put a wake-up into the route's queue."""
        self._publish(TaskName.DELIVER, DELIVER_QUEUES[route.lane], encode_route(route))

    def publish_sweep(self, *, expires: float) -> None:
        """Put a sweep into its queue, worthless after `expires` seconds."""
        self._publish(TaskName.SWEEP, SWEEP_QUEUE, expires=expires)

    def note_scheduler(self, database: str, *, seconds: float) -> None:
        """Say that a scheduler ticks, and for which database; forgotten after so many seconds."""
        try:
            self._note(keys=[SCHEDULING, SCHEDULED], args=[database, max(1, round(seconds * 1000))])
        except _ERRORS as error:
            raise BrokerAwayError(str(error)) from error

    def publish_pulse(self, queue: str, *, seconds: float) -> None:
        """Put a pulse into one worker's own queue, which is forgotten if nobody takes it."""
        self._publish(TaskName.PULSE, own_queue(queue), expires=seconds)
        try:
            self._client.expire(queue, round(seconds))
        except _ERRORS as error:
            raise BrokerAwayError(str(error)) from error

    def forget_pulses(self, queue: str) -> None:
        """Remove a worker's own queue: what its end put back there has no time of its own."""
        try:
            self._client.delete(queue)
        except _ERRORS as error:
            raise BrokerAwayError(str(error)) from error

    def ping(self) -> None:
        """Return if it answers."""
        try:
            self._client.ping()
        except _ERRORS as error:
            raise BrokerAwayError(str(error)) from error

    def close(self) -> None:
        """Close all connections."""
        with self._publishing:
            self._disconnect()
        self._client.close()
        self._app.close()

    def _waiting(self, queue: str) -> int:
        try:
            return int(self._client.llen(queue))
        except _ERRORS as error:
            raise BrokerAwayError(str(error)) from error

    def _publish(
        self, task: TaskName, queue: str | Queue, *args: object, expires: float | None = None
    ) -> None:
        with self._publishing:
            try:
                self._app.send_task(
                    task.value,
                    args=list(args),
                    queue=queue,
                    expires=expires,
                    producer=self._connect(),
                )
            except _ERRORS as error:
                self._disconnect()
                raise BrokerAwayError(str(error)) from error

    def _connect(self) -> Producer:
        # of our own: those of Celery's pools stay open when the app is closed
        if self._producer is None:
            self._connection = self._app.connection_for_write()
            self._producer = self._app.amqp.Producer(self._connection, auto_declare=False)
        return self._producer

    def _disconnect(self) -> None:
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(*_ERRORS):
                connection.release()  # type: ignore[no-untyped-call]  # no annotations
