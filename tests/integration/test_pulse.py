"""A worker hears what is published to its own queue, through a real Redis."""

from contextlib import closing
from pathlib import Path

import pytest

from pillarbox.queue.broker import Broker, BrokerAwayError
from tests.integration.recording_worker import OWN_QUEUE
from tests.integration.test_queue import Process
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(120)


def test_a_pulse_is_felt_again_after_redis_has_died_and_leaves_no_trace(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    """What proves that a worker consumes must not itself be what piles up in the broker."""
    url = redis_server.url

    def beat() -> bool:
        try:
            broker.publish_pulse(OWN_QUEUE, seconds=60)
        except BrokerAwayError:
            return False
        return worker.count("felt") > felt

    redis_server.flush()
    worker = Process(tmp_path / "worker.log", "tests.integration.recording_worker", url)
    with closing(Broker(url)) as broker:
        felt = 0
        wait_until(beat, 20, "a pulse is felt")

        redis_server.kill()
        redis_server.restart()
        felt = worker.count("felt")
        wait_until(beat, 20, "a pulse is felt again")

        with redis_server.client() as client:
            wait_until(lambda: not client.exists(OWN_QUEUE), 10, "all are taken")
        assert 0 == worker.end()
        with redis_server.client() as client:
            broker.publish_pulse(OWN_QUEUE, seconds=60)
            assert 0 < int(client.ttl(OWN_QUEUE)) <= 60
            client.delete(OWN_QUEUE)
            assert [] == [key for key in client.scan_iter() if OWN_QUEUE.encode() in key]
