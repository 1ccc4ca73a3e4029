"""Probes and metrics of a worker and a scheduler."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import requests

from pillarbox.observe.metrics import Metrics
from tests.fakes.workers_broker import FakeBroker
from workers.health import Health, HealthServer


def _well() -> None:
    return


def _render() -> tuple[bytes, str]:
    return b"pillarbox_sweeps_total 1.0\n", "text/plain; version=0.0.4"


@pytest.fixture
def get() -> Iterator[Callable[[Health, str], requests.Response]]:
    """Ask a server of its own for a path."""
    with requests.Session() as session:

        def ask(health: Health, path: str) -> requests.Response:
            with closing(HealthServer("127.0.0.1", 0, health)) as server:
                return session.get(
                    f"http://127.0.0.1:{server.port}{path}",
                    timeout=5,
                    headers={"Connection": "close"},
                )

        yield ask


Get = Callable[[Health, str], requests.Response]


def test_a_process_that_does_its_work_lives(get: Get) -> None:
    """Nobody else is asked: a store that is away is no reason to restart a worker."""
    answer = get(Health({"broker": FakeBroker(away=("ping",)).ping}, _render), "/livez")

    assert (200, {"live": True}) == (answer.status_code, answer.json())


def test_a_process_that_is_stuck_does_not_live(get: Get) -> None:
    """A scheduler that no longer ticks must be started again."""
    answer = get(Health({}, _render, alive=lambda: False), "/livez")

    assert (503, {"live": False}) == (answer.status_code, answer.json())


def test_a_process_that_was_told_to_end_is_not_ready_and_lives(get: Get) -> None:
    """It ends what it holds; to kill it for that would make it uncertain."""
    health = Health({"store": _well}, _render, ending=lambda: True)

    ready, live = get(health, "/readyz"), get(health, "/livez")

    assert (503, True, False) == (ready.status_code, ready.json()["ending"], ready.json()["ready"])
    assert 200 == live.status_code


def test_ready_is_what_everything_needed_answers_to(get: Get) -> None:
    """Each dependency with its state; a relay that rests is told and fails nothing."""
    health = Health(
        {"store": _well},
        _render,
        relays=lambda: {"default": "parked"},
        resting=lambda: {"default": "auth: refused"},
    )

    answer = get(health, "/readyz")

    expected = {
        "ready": True,
        "ending": False,
        "dependencies": {"store": {"status": "up", "fatal": True, "error": None}},
        "relays": {"default": "parked"},
        "alone": False,
        "relays_resting": {"default": "auth: refused"},
    }
    assert (200, expected) == (answer.status_code, answer.json())


def test_what_does_not_answer_is_named_without_its_secrets(get: Get) -> None:
    """An error's text may quote a URL with its password; its kind is enough."""
    health = Health({"store": _well, "broker": FakeBroker(away=("ping",)).ping}, _render)

    answer = get(health, "/readyz")

    assert 503 == answer.status_code
    assert not answer.json()["ready"]
    assert "BrokerAwayError" == answer.json()["dependencies"]["broker"]["error"]


def test_metrics_are_served_as_prometheus_wants_them(get: Get) -> None:
    """With the content type that says which exposition it is."""
    answer = get(Health({}, Metrics().render), "/metrics")

    assert 200 == answer.status_code
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert "# TYPE pillarbox_sweeps_total counter" in answer.text


def test_anything_else_is_not_there(get: Get) -> None:
    """This is no web server."""
    assert 404 == get(Health({}, _render), "/").status_code


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_probes_are_answered_over_ipv6_too() -> None:
    """In a cluster of IPv6 alone, `::` is the only address that the kubelet can ask."""
    with closing(HealthServer("::1", 0, Health({}, _render))) as server:
        answer = requests.get(
            f"http://[::1]:{server.port}/livez", timeout=5, headers={"Connection": "close"}
        )

    assert 200 == answer.status_code
