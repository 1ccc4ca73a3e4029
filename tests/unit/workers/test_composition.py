"""A worker process, wired: nothing is connected before there is something to do."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from pillarbox.domain.relay import DEFAULT_RELAY, parse_relay_url
from pillarbox.settings import SettingError, Settings
from tests.ports import free_port
from workers.composition import compose
from workers.health import Health, HealthServer
from workers.pools import make_pool


def _settings(state_dir: Path) -> Settings:
    return Settings(
        state_dir=state_dir,
        redis_url=f"redis://127.0.0.1:{free_port()}/0",
        relay_url=f"smtp://127.0.0.1:{free_port()}",
        relay_connections=3,
    )


def test_a_worker_starts_and_ends_without_any_server(tmp_path: Path) -> None:
    """Processes start in any order; and what has begun nothing leaves nothing."""
    worker = compose(_settings(tmp_path))

    worker.start()
    worker.close()

    assert worker.stopping.is_set()
    assert [] == list(tmp_path.iterdir())


def test_a_relay_is_shown_before_its_first_connection(tmp_path: Path) -> None:
    """An alert on a relay that rests needs the zero to compare with."""
    worker = compose(_settings(tmp_path))

    text = worker.health.render()[0].decode()
    worker.close()

    assert 'pillarbox_relay_resting{relay="default"} 0.0' in text


def test_a_worker_that_is_told_to_stop_takes_nothing_on(tmp_path: Path) -> None:
    """Batches under way end with their group; routes left behind stay behind."""
    worker = compose(_settings(tmp_path))

    worker.stop()
    assert worker.ending.at < math.inf
    worker.runtime.deliver({"v": 1, "relay": DEFAULT_RELAY, "lane": "normal"})
    worker.close()

    assert "<Admission busy {} left behind []>" == repr(worker.admission)


def test_a_worker_without_a_relay_does_not_start(tmp_path: Path) -> None:
    """It would look well, and carry nothing of what the API accepts."""
    with pytest.raises(SettingError, match=r"PILLARBOX_RELAY_URL: .*PILLARBOX_RELAYS_FILE"):
        compose(replace(_settings(tmp_path), relay_url=None))


def test_a_ca_file_that_is_none_is_a_wrong_setting(tmp_path: Path) -> None:
    """Told at the start, by its name, and not at the first mail."""
    relay = replace(parse_relay_url("smtps://relay.test"), ca_file=tmp_path / "missing.pem")

    with pytest.raises(SettingError, match="PILLARBOX_RELAY_CA_FILE"):
        make_pool(relay, None)


def test_an_impossible_ehlo_name_is_a_wrong_setting() -> None:
    """A name with a space would be two arguments."""
    relay = parse_relay_url("smtp://relay.test")

    with pytest.raises(SettingError, match="PILLARBOX_EHLO_NAME"):
        make_pool(relay, "my host")


def test_a_health_port_that_is_taken_is_a_wrong_setting() -> None:
    """One line that names it, not a traceback."""
    health = Health({}, lambda: (b"", "text/plain"))
    first = HealthServer("127.0.0.1", 0, health)
    try:
        with pytest.raises(SettingError, match="PILLARBOX_HEALTH_PORT"):
            HealthServer("127.0.0.1", first.port, health)
    finally:
        first.close()
