"""The Celery app's settings that other laws stand on."""

import ssl
import time
from contextlib import closing

import pytest

from pillarbox.domain.lane import Lane
from pillarbox.queue.app import Role, broker_url, make_app
from pillarbox.queue.broker import Broker, BrokerAwayError
from pillarbox.queue.names import DELIVER_QUEUES, QUEUES, SWEEP_QUEUE
from tests.ports import free_port

URL = "redis://127.0.0.1:6379/0"


def test_every_lane_has_a_queue_of_its_own() -> None:
    """A wake-up never waits behind those of a lower lane."""
    assert set(Lane) == set(DELIVER_QUEUES)
    assert 4 == len(set(QUEUES))
    assert SWEEP_QUEUE in QUEUES


@pytest.mark.parametrize("role", Role)
def test_the_app_speaks_json_early_and_keeps_no_results(role: Role) -> None:
    """Pickle runs code; late acknowledgement only hides tasks; nobody reads results."""
    conf = make_app(URL, role=role).conf

    assert ["json"] == conf.accept_content
    assert "json" == conf.task_serializer
    assert not conf.task_acks_late
    assert conf.task_ignore_result
    assert conf.result_backend is None
    assert conf.enable_utc
    assert "UTC" == conf.timezone
    assert set(QUEUES) == set(conf.task_queues)
    assert not conf.task_create_missing_queues


def test_publishing_to_a_broker_that_is_away_fails_at_once() -> None:
    """Celery's defaults would hold the caller for seconds."""
    with closing(Broker(f"redis://127.0.0.1:{free_port()}/0")) as broker:
        began = time.monotonic()
        with pytest.raises(BrokerAwayError):
            broker.publish_sweep(expires=1)

    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize(
    ("given", "celery"),
    [
        ("redis://h:6379/1", "redis://h:6379/1"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=0"),
        ("unix://u:p@/run/r.sock?db=2", "redis+socket://u:p@/run/r.sock?virtual_host=2"),
        ("rediss://h/0", "rediss://h/0?ssl_cert_reqs=required"),
        ("rediss://h/0?a=b", "rediss://h/0?a=b&ssl_cert_reqs=required"),
        ("rediss://h/0?ssl_cert_reqs=none", "rediss://h/0?ssl_cert_reqs=none"),
    ],
)
def test_a_url_is_spelt_as_celery_wants_it(given: str, celery: str) -> None:
    """One setting serves both clients of the broker."""
    assert celery == broker_url(given)


def test_a_broker_over_tls_is_verified() -> None:
    """Kombu's own default trusts any certificate."""
    app = make_app("rediss://broker.example:6379/0", role=Role.PUBLISHER)

    assert ssl.CERT_REQUIRED == app.connection_for_write().ssl["ssl_cert_reqs"]
