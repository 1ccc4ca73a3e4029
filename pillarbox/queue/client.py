import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

CONNECT_SECONDS = 0.3
"""A Redis that is there answers in a millisecond; one behind a black hole never does."""

COMMAND_SECONDS = 1.0
"""What a Redis under load, or one that writes its log to disk, may take for a command."""


def make_client(redis_url: str) -> redis.Redis:
    """Make a client that never tries twice: redis-py's own retries block for seconds."""
    return redis.Redis.from_url(
        redis_url,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=COMMAND_SECONDS,
    )
