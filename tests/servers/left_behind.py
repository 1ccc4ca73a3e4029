"""What an installation that has ended may not leave: claims in the database, keys in Redis."""

from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from fnmatch import fnmatchcase

import redis
from sqlalchemy import NullPool, create_engine, text

from pillarbox.queue.budget import LEASE_MILLISECONDS, connections_key
from pillarbox.queue.client import make_client
from tests.leaks import LeakError
from tests.waiting import NeverHappenedError, wait_until

GRACE = LEASE_MILLISECONDS / 1_000 + 2
"""Seconds after which nothing is left of a process that was killed."""

BROKERS_OWN = ("_kombu.binding*", "pillarbox.deliver.*", "pillarbox.sweep*")
"""What Celery's transport keeps for ever: which queues there are, and what waits in them."""

TAKEN = ("unacked", "unacked_index")
"""Where it keeps what a worker has taken and not acknowledged yet: for long, if that was killed."""


def claims_left(database_url: str) -> int:
    """Count the claims that somebody holds, or that nobody has taken over."""
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM claims")).scalar_one())


def keys_left(redis_url: str, *, killed: bool = False) -> list[str]:
    """Name the keys that will never expire and are not the broker's own; none if it is away.

    What a worker that was `killed` had taken is the broker's own as well.
    """
    with closing(make_client(redis_url)) as client:
        try:
            return sorted(set(_lasting(client)) - set(TAKEN if killed else ()))
        except redis.ConnectionError:
            return []


def nothing_left_in(redis_urls: Iterable[str]) -> None:
    """Raise `LeakError` for keys that stay, and for leases that have not run out after the grace.

    Those of a process that was killed run out by themselves.
    """
    for url in redis_urls:
        _refuse_left(url)


def _refuse_left(url: str) -> None:
    if keys := keys_left(url, killed=True):  # whether one was, the installation knows
        raise LeakError("keys", keys)
    with suppress(NeverHappenedError):
        wait_until(lambda: not budgets_left(url), GRACE)
    if leases := budgets_left(url):
        raise LeakError("leases", leases)


def budgets_left(redis_url: str) -> list[str]:
    """Name the relays' budgets in which somebody holds a place; none if Redis is away."""
    with closing(make_client(redis_url)) as client:
        try:
            return sorted(key.decode() for key in client.scan_iter(connections_key("*")))
        except redis.ConnectionError:
            return []


def leases_left(redis_url: str, relay: str = "default") -> int:
    """Count the leases of a relay's connections that have not run out."""
    with closing(make_client(redis_url)) as client:
        return int(client.zcard(connections_key(relay)))


def _lasting(client: redis.Redis) -> Iterator[str]:
    for key in client.scan_iter():
        name = key.decode()
        if client.ttl(key) == -1 and not any(fnmatchcase(name, own) for own in BROKERS_OWN):
            yield name
