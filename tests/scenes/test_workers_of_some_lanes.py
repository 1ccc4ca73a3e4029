"""Workers that take some lanes only, as the groups of the chart do."""

from pathlib import Path

from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.smtp_script import Script


def test_a_lane_waits_for_a_worker_that_takes_it(tmp_path: Path, redis_server: RedisServer) -> None:
    """The first worker sends what is its own and leaves the rest, however often it sweeps."""
    settings = {"REDIS_URL": redis_server.database(), "SWEEP": 0.2, "WORKER_LANES": "high,normal"}
    with (
        ScriptedServer(Script()) as relay,
        Installation(tmp_path, relay_url=relay.url, **settings) as running,
    ):
        low = running.send(priority="low")
        for lane in ("high", "normal"):
            running.wait_for(running.send(priority=lane), "sent")

        assert "queued" == running.message(low)["status"]

        running.environment["PILLARBOX_WORKER_LANES"] = "low"
        running.start_worker()
        running.wait_for(low, "sent")
        assert 3 == len(relay.arrived)
