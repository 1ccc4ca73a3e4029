"""`/v1/relays`: how relays are, and the operator's orders."""

from datetime import timedelta

import pytest

from pillarbox.domain.key import Scope
from pillarbox.domain.relay_state import Breaker, RelayError, RelayState
from pillarbox.flows.ports.relays import WorkerReport
from tests.fakes.services import NOW, World
from tests.unit.service.caller import Caller, faults, slug
from tests.unit.service.published import CheckedClient


@pytest.fixture
def operator(world: World, client: CheckedClient) -> Caller:
    """Return a caller whose key may manage."""
    return Caller(client, world.new_key("operator", Scope.MANAGE))


def test_relays_are_shown_as_all_workers_see_them(operator: Caller, world: World) -> None:
    """The worst breaker, the sums of connections, the newest error."""
    older = RelayError("connect: connect_refused", "no", NOW)
    newer = RelayError("auth: refused", "535 wrong password", NOW + timedelta(seconds=1))
    world.reports.said = [
        WorkerReport("one", {"ses-eu": RelayState(Breaker.PARKED, 0, 1, 8, newer)}),
        WorkerReport("two", {"ses-eu": RelayState(Breaker.OPEN, 2, 3, 4, older)}),
    ]

    response = operator.get("/v1/relays")

    [default, ses] = response.get_json()["data"]
    assert ("default", "unknown", 0) == (default["name"], default["state"], default["workers"])
    assert {
        "name": "ses-eu",
        "host": "127.0.0.1:25",
        "tls": "smtp",
        "priority": 0,
        "weight": 1,
        "rate": None,
        "state": "parked",
        "workers": 2,
        "ordered_at": None,
        "connections": {"in_use": 2, "idle": 4, "allowed": 8, "max": 8},
        "last_error": {
            "reason": "auth: refused",
            "detail": "535 wrong password",
            "at": "2026-11-23T09:00:01.123Z",
        },
    } == ses


def test_while_nobody_can_be_heard_relays_are_shown_all_the_same(
    operator: Caller, world: World
) -> None:
    """Redis is away: orders are the database's."""
    world.reports.said = None
    operator.request("POST", "/v1/relays/ses-eu/pause")

    states = [each["state"] for each in operator.get("/v1/relays").get_json()["data"]]

    assert ["unknown", "paused"] == states


@pytest.mark.parametrize("body", [None, b"", b"{}"])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
def test_a_relay_is_paused_and_resumed(
    operator: Caller, world: World, kind: str, body: bytes | None
) -> None:
    """With an empty body of any content type."""
    headers = {"Content-Type": kind} if kind else {}

    paused = operator.request("POST", "/v1/relays/ses-eu/pause", body=body, headers=headers)
    first = world.orders.kept["ses-eu"].paused
    resumed = operator.request("POST", "/v1/relays/ses-eu/resume", body=body, headers=headers)

    assert (200, "paused") == (paused.status_code, paused.get_json()["state"])
    assert "2026-11-23T10:00:00.000Z" == paused.get_json()["ordered_at"]
    assert (200, "unknown") == (resumed.status_code, resumed.get_json()["state"])
    assert [True, False] == [first, world.orders.kept["ses-eu"].paused]


def test_an_order_takes_neither_body_nor_parameters(operator: Caller, world: World) -> None:
    """What is not known is a fault, lest it was meant."""
    response = operator.post(b'{"until": "tomorrow"}', path="/v1/relays/ses-eu/pause?for=1h")

    assert 422 == response.status_code
    assert {"body.unexpected", "parameter.unknown"} == {code for _, code in faults(response)}
    assert {} == world.orders.kept


def test_a_relay_that_is_not_there_cannot_be_ordered(operator: Caller, world: World) -> None:
    response = operator.request("POST", "/v1/relays/nobody/pause")

    assert (404, "not-found") == (response.status_code, slug(response))
    assert {} == world.orders.kept


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", "/ses-eu/pause"), ("POST", "/ses-eu/resume")],
)
def test_only_a_key_that_may_manage_sees_and_orders_relays(
    caller: Caller, method: str, path: str
) -> None:
    """An application's key has no business with them."""
    assert 403 == caller.request(method, f"/v1/relays{path}").status_code
