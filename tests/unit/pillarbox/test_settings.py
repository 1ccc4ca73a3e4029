"""Settings are read once, and a wrong one is refused by its name."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from pillarbox.domain.lane import Lane
from pillarbox.settings import SettingError
from pillarbox.settings_survey import load, survey
from tools.generate_docs import stale_pages


def test_without_anything_set_the_defaults_hold() -> None:
    settings = load({})

    assert 60.0 == settings.lease
    assert settings.sqlalchemy_url.startswith("sqlite:////")
    assert settings.broker_url.startswith("unix:///")
    assert "http://127.0.0.1:8025" == settings.base_url


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    file = tmp_path / "pillarbox.toml"
    file.write_text("lease = 30\nsweep = 2.5\nlog_addresses = true\n", encoding="utf-8")

    settings = load({"PILLARBOX_SETTINGS_FILE": str(file), "PILLARBOX_LEASE": "20"})

    assert (20.0, 2.5, True) == (settings.lease, settings.sweep, settings.log_addresses)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PILLARBOX_LEASE", "soon"),
        ("PILLARBOX_HTTP_PORT", "70000"),
        ("PILLARBOX_RELAY_URL", "http://relay.test"),
        ("PILLARBOX_RELAY_URL", ""),
        ("PILLARBOX_DATABASE_URL", "mysql://user:hidden@host/name"),
        ("PILLARBOX_DATABASE_URL", "postgresql+psycopg://user:hidden@host:hidden/name"),
        ("PILLARBOX_DATABASE_URL", "postgresql+psycopg://user:hidden@[::1/name"),
        ("PILLARBOX_DATABASE_URL", "sqlite://"),
        ("PILLARBOX_DATABASE_URL", "sqlite:///"),
        ("PILLARBOX_DATABASE_URL", "sqlite:///:memory:"),
        ("PILLARBOX_DATABASE_URL", "sqlite://host/name"),
        ("PILLARBOX_REDIS_URL", "amqp://user:hidden@host"),
        ("PILLARBOX_REDIS_URL", "redis://user:hidden@host:port"),
        ("PILLARBOX_REDIS_URL", "redis://user:hid/den@host"),
        ("PILLARBOX_REDIS_URL", "redis://host/name"),
        ("PILLARBOX_REDIS_URL", "unix://"),
        ("PILLARBOX_BOOTSTRAP_KEY", "pb_abcdefgh_hidden"),
        ("PILLARBOX_LOG_FORMAT", "xml"),
        ("PILLARBOX_LOG_ADDRESSES", "maybe"),
        ("PILLARBOX_RELAY_UR", "smtps://relay.test"),
        ("PILLARBOX_PUBLIC_URL", "acme"),
        ("PILLARBOX_WORKER_LANES", ""),
        ("PILLARBOX_STATE_DIR", ""),
        ("PILLARBOX_RELAYS_FILE", ""),
        ("PILLARBOX_RELAY_CA_FILE", ""),
        ("PILLARBOX_WORKER_LANES", "high,urgent"),
        ("PILLARBOX_WORKER_LANES", "low,low"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line_that_names_it_and_tells_no_secret(
    variable: str, value: str
) -> None:
    with pytest.raises(SettingError) as refused:
        load({variable: value})

    line = str(refused.value)
    assert line.startswith(f"{variable}: ")
    assert "\n" not in line
    assert "hidden" not in line


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://user:pass/word#1%40@host:6432/name?sslmode=require",
        "postgresql+psycopg://user@[::1]:5432/name",
        "postgresql+psycopg://user:password@/name?host=one:5432,two:5433",
        "postgresql+psycopg:///name",
        "sqlite:///relative.sqlite3",
        "sqlite:////absolute/path.sqlite3",
    ],
)
def test_a_url_of_a_database_that_sqlalchemy_reads_is_taken(url: str) -> None:
    """What is refused beforehand is no more than what could not be opened."""
    make_url(url)

    assert url == load({"PILLARBOX_DATABASE_URL": url}).database_url


@pytest.mark.parametrize(
    "url",
    [
        "redis://host",
        "redis://:password@host:6379/",
        "rediss://u:p@[::1]:6380/15",
        "unix:///s?db=1",
    ],
)
def test_a_url_of_a_broker_that_can_be_read_is_taken(url: str) -> None:
    assert url == load({"PILLARBOX_REDIS_URL": url}).redis_url


def test_a_worker_takes_every_lane_unless_it_is_told_which() -> None:
    assert tuple(Lane) == load({}).worker_lanes
    assert (Lane.LOW, Lane.HIGH) == load({"PILLARBOX_WORKER_LANES": "low, high"}).worker_lanes


def test_the_variables_that_kubernetes_sets_for_a_service_are_no_settings() -> None:
    """A Service named `pillarbox` puts these into every pod beside it."""
    load(
        {
            "PILLARBOX_SERVICE_HOST": "10.0.0.1",
            "PILLARBOX_SERVICE_PORT": "8025",
            "PILLARBOX_PORT": "tcp://10.0.0.1:8025",
            "PILLARBOX_PORT_8025_TCP_ADDR": "10.0.0.1",
            "PILLARBOX_API_PORT": "tcp://10.0.0.1:8025",
            "PILLARBOX_API_SERVICE_PORT_HTTP": "8025",
        }
    )


def test_a_survey_names_every_fault_and_what_means_nothing() -> None:
    """Who looks for what is wrong wants all of it; a start ends with the first."""
    found = survey(
        {
            "PILLARBOX_LEASE": "soon",
            "PILLARBOX_SWEEP": "2",
            "PILLARBOX_RELAY_UR": "smtps://relay.test",
            "PILLARBOX_QUUX": "1",
            "PILLARBOX_SERVICE_HOST": "10.0.0.1",
        }
    )

    assert ["PILLARBOX_LEASE", "PILLARBOX_RELAY_UR"] == [each.name for each in found.faults]
    assert (60.0, 2.0) == (found.settings.lease, found.settings.sweep)
    assert {"sweep"} == found.given
    assert ("PILLARBOX_QUUX",) == found.unknown


@pytest.mark.parametrize("text", ["nonsense = 1", "lease = [1]", "lease = ", "sweep = 0"])
def test_a_wrong_file_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pillarbox.toml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(SettingError):
        load({"PILLARBOX_SETTINGS_FILE": str(file)})


def test_secrets_are_not_in_the_repr() -> None:
    settings = load({"PILLARBOX_RELAY_URL": "smtps://user:hidden@relay.test"})

    assert "hidden" not in repr(settings)


def test_a_deep_state_directory_still_gets_a_socket_that_the_system_can_name() -> None:
    """unix(7): the path of a socket holds 107 octets."""
    settings = load({"PILLARBOX_STATE_DIR": "/" + "deep/" * 40})

    assert len(str(settings.broker_socket)) < 107


def test_the_pages_that_are_made_from_the_code_are_current() -> None:
    """Documentation that is generated cannot drift: `make docs`."""
    assert [] == stale_pages()
