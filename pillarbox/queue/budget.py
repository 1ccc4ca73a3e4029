"""What all processes together may ask of a relay: so many connections, so many messages a second.

1. Each rule is one script, on the server's clock: no two processes' clocks are
   compared, and no two commands have another's between them.
2. A connection is held by a lease that runs out unless it is renewed: a process
   that dies gives its connections back within `LEASE_MILLISECONDS`.
3. Renewing always counts: a connection that is open is open, whatever Redis
   has forgotten. Nobody opens another until there are fewer than there may be.
4. Every key expires.
"""

from collections.abc import Iterable
from typing import cast

import redis

from pillarbox.queue.broker import BrokerAwayError
from pillarbox.queue.client import make_client

LEASE_MILLISECONDS = 10_000
"""Several renewals, which come each second, may be late or lost before this is over."""

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

_ACQUIRE = (
    _NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""
)

_RENEW = (
    _NOW
    + """
for place = 2, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[place]) end
if #ARGV > 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return redis.call('ZCOUNT', KEYS[1], '(' .. string.format('%.0f', now), '+inf')
"""
)

# A bucket that nobody has drawn from for as long as it takes to fill is full, and forgotten.
_DRAW = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local rate, burst, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local tokens = tonumber(redis.call('HGET', KEYS[1], 'tokens') or burst)
local at = tonumber(redis.call('HGET', KEYS[1], 'at') or now)
tokens = math.min(burst, tokens + math.max(0, now - at) * rate / 1000000)
local drawn = math.min(want, math.floor(tokens))
tokens = math.min(burst, tokens - drawn)
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens),
           'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
if drawn ~= 0 then return {drawn, 0} end
return {0, math.ceil((1 - tokens) / rate * 1000)}
"""


class RedisBudgets:
    """The budgets of all relays; each method fails at once with `BrokerAwayError`."""

    def __init__(self, redis_url: str) -> None:
        self._client = make_client(redis_url)
        self._acquire = self._client.register_script(_ACQUIRE)
        self._renew = self._client.register_script(_RENEW)
        self._draw = self._client.register_script(_DRAW)

    def acquire(self, relay: str, lease: str, most: int) -> bool:
        """Take a place among at most so many connections; False if there is none."""
        try:
            taken = self._acquire(
                keys=[connections_key(relay)], args=[lease, most, LEASE_MILLISECONDS]
            )
        except (redis.RedisError, OSError) as error:
            raise BrokerAwayError(str(error)) from error
        return bool(taken)

    def renew(self, relay: str, leases: Iterable[str]) -> int:
        """Hold places on, and take up again those that were forgotten; how many all hold."""
        try:
            held = self._renew(keys=[connections_key(relay)], args=[LEASE_MILLISECONDS, *leases])
        except (redis.RedisError, OSError) as error:
            raise BrokerAwayError(str(error)) from error
        return int(cast("int", held))

    def release(self, relay: str, leases: Iterable[str]) -> None:
        """Give places back."""
        try:
            self._client.zrem(connections_key(relay), *leases)
        except (redis.RedisError, OSError) as error:
            raise BrokerAwayError(str(error)) from error

    def draw(self, relay: str, rate: float, want: int) -> tuple[int, float]:
        """Take up to so many tokens of `rate` a second; if none, the seconds until the next.

        The bucket holds a second's worth, and one at least. A negative `want`
        puts tokens back.
        """
        try:
            answer = self._draw(keys=[rate_key(relay)], args=[rate, max(1.0, rate), want])
        except (redis.RedisError, OSError) as error:
            raise BrokerAwayError(str(error)) from error
        drawn, milliseconds = cast("list[int]", answer)
        return drawn, milliseconds / 1000

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def connections_key(relay: str) -> str:
    """Name the sorted set of a relay's leases, by the time at which they run out."""
    return f"pillarbox.connections:{relay}"


def rate_key(relay: str) -> str:
    """Name a relay's bucket."""
    return f"pillarbox.rate:{relay}"
