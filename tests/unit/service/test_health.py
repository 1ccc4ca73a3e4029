"""Probes: without a key, cheap, and honest about what is away."""

from service.services import Dependency
from tests.fakes.services import World
from tests.unit.service.caller import slug
from tests.unit.service.published import CheckedClient


class AwayError(Exception):
    """What some client library raises."""


def away() -> None:
    raise AwayError("redis://:secret@host")


def there() -> None:
    """Answer."""


def test_a_process_that_answers_lives_whatever_is_away(client: CheckedClient, world: World) -> None:
    world.dependencies["store"] = Dependency(away)

    assert (200, {"live": True}) == (
        client.get("/livez").status_code,
        client.get("/livez").get_json(),
    )


def test_it_is_ready_when_all_that_is_fatal_answers(client: CheckedClient, world: World) -> None:
    world.dependencies |= {
        "store": Dependency(there),
        "migrations": Dependency(there),
        "broker": Dependency(away, fatal=False),
    }

    response = client.get("/readyz")

    assert 200 == response.status_code
    up = {"status": "up", "fatal": True, "error": None}
    assert {
        "ready": True,
        "dependencies": {
            "store": up,
            "migrations": up,
            "broker": {"status": "down", "fatal": False, "error": "AwayError"},
        },
    } == response.get_json()


def test_without_what_is_fatal_it_is_not_ready_and_says_what(
    client: CheckedClient, world: World
) -> None:
    world.dependencies |= {"store": Dependency(away), "broker": Dependency(there, fatal=False)}

    response = client.get("/readyz")

    assert (503, "not-ready") == (response.status_code, slug(response))
    assert "5" == response.headers["Retry-After"]
    assert "down" == response.get_json()["dependencies"]["store"]["status"]
    assert "secret" not in response.text


def test_metrics_are_rendered_and_requests_are_counted(client: CheckedClient, world: World) -> None:
    response = client.get("/metrics")
    client.get("/v1/messages/x")
    client.open("/nothing/at/all", method="BREW")

    assert (200, "text/plain") == (response.status_code, response.mimetype)
    assert [
        ("GET", "/metrics", 200),
        ("GET", "/v1/messages/<message_id>", 401),
        ("other", "unknown", 401),
    ] == world.metrics.seen


def test_no_probe_is_kept_in_a_cache(client: CheckedClient) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        assert "no-store" == client.get(path).headers["Cache-Control"]
