"""How workers' relays are, for whoever asks: each process says it again and again, or is forgotten.

1. Everything here expires; a Redis that forgets it knows it again a second later.
2. Times are the server's own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import orjson
import redis

from pillarbox.domain.lane import Lane
from pillarbox.domain.relay_state import Breaker, RelayError, RelayState
from pillarbox.flows.ports.relays import WorkerReport
from pillarbox.queue.broker import BrokerAwayError
from pillarbox.queue.client import make_client

REPORTING = "pillarbox.reporting"
"""A sorted set: workers by the time at which they are forgotten, in milliseconds."""
EXPIRES_MILLISECONDS = 5_000
"""A process that has said nothing for so long is no more, or is not asked."""

_PUBLISH = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
for lane = 3, #KEYS do redis.call('SET', KEYS[lane], '1', 'PX', ARGV[3]) end
return redis.call('ZCARD', KEYS[1])
"""


class RedisReports:
    """`RelayReports` in Redis, and the workers' side of it."""

    def __init__(self, redis_url: str) -> None:
        self._client = make_client(redis_url)
        self._publish = self._client.register_script(_PUBLISH)

    def publish(self, report: WorkerReport) -> int:
        """Say how a worker's relays are; returns how many workers there are. `BrokerAwayError`."""
        document = {name: _written(state) for name, state in report.relays.items()}
        try:
            living = self._publish(
                keys=[REPORTING, _key(report.worker), *map(_lane_key, report.lanes)],
                args=[report.worker, orjson.dumps(document), EXPIRES_MILLISECONDS],
            )
        except (redis.RedisError, OSError) as error:
            raise BrokerAwayError(str(error)) from error
        return int(cast("int", living))

    def reports(self) -> Sequence[WorkerReport] | None:
        """Return what living workers last said; None if Redis cannot be asked now."""
        try:
            members = cast("list[bytes]", self._client.zrange(REPORTING, 0, -1))
            names = [each.decode() for each in members]
            if not names:
                return []
            said = cast("list[bytes | None]", self._client.mget([_key(each) for each in names]))
        except (redis.RedisError, OSError):
            return None
        return [
            WorkerReport(name, _read(document))
            for name, document in zip(names, said, strict=True)
            if document is not None
        ]

    def lanes(self) -> frozenset[Lane]:
        """Return the lanes that some living worker says it takes; raises `BrokerAwayError`."""
        lanes = list(Lane)
        try:
            said = cast("list[bytes | None]", self._client.mget(map(_lane_key, lanes)))
        except (redis.RedisError, OSError) as error:
            raise BrokerAwayError(str(error)) from error
        return frozenset(lane for lane, word in zip(lanes, said, strict=True) if word is not None)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _key(worker: str) -> str:
    return f"pillarbox.report:{worker}"


def _lane_key(lane: Lane) -> str:
    return f"pillarbox.taken:{lane}"


def _written(state: RelayState) -> dict[str, Any]:
    error = state.last_error
    return {
        "breaker": state.breaker.value,
        "in_use": state.in_use,
        "idle": state.idle,
        "concurrency": state.concurrency,
        "error": error and [error.reason, error.detail, error.at.isoformat()],
    }


def _read(document: bytes) -> Mapping[str, RelayState]:
    return {
        name: RelayState(
            Breaker(said["breaker"]),
            said["in_use"],
            said["idle"],
            said["concurrency"],
            _read_error(said["error"]),
        )
        for name, said in orjson.loads(document).items()
    }


def _read_error(said: list[str] | None) -> RelayError | None:
    if said is None:
        return None
    reason, detail, at = said
    return RelayError(reason, detail, datetime.fromisoformat(at))
