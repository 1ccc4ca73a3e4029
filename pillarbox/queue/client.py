import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

CONNECT_SECONDS = 0.3
"""A Redis that is there answers in a millisecond; one behind a black hole never does."""

COMMAND_SECONDS = 1.0
"""What a Redis under load, or one that writes its log to disk, may take for a command."""

SILENT_SECONDS = 1.0
"""After a command that was not answered in time, for which others are not even tried."""


class PromptRedis(redis.Redis):
    """A client that lets one caller wait for a Redis that hangs, and not each of them in turn."""

    _silent_until = 0.0

    def execute_command(self, *args: object, **options: object) -> object:
        """Ask; `redis.TimeoutError` also where there was no answer a moment ago."""
        if time.monotonic() < self._silent_until:
            raise redis.TimeoutError("it did not answer a moment ago")
        try:
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # no annotations
        except redis.TimeoutError:
            self._silent_until = time.monotonic() + SILENT_SECONDS
            raise


def make_client(redis_url: str) -> redis.Redis:
    """Make a client that never tries twice: redis-py's own retries block for seconds."""
    return PromptRedis.from_url(
        redis_url,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=COMMAND_SECONDS,
    )
