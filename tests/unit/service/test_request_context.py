"""What every request and every answer carries."""

import pytest
import structlog
from structlog.testing import capture_logs
from werkzeug.datastructures import Headers

from pillarbox.domain.message import TraceContext
from service.request_context import read_trace
from tests.fakes.services import World
from tests.unit.service.caller import Caller
from tests.unit.service.published import CheckedClient

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize("offered", ["a", "A.b_c-9", "x" * 128])
def test_a_fit_request_id_is_kept(client: CheckedClient, offered: str) -> None:
    response = client.get("/livez", headers={"X-Request-Id": offered})

    assert offered == response.headers["X-Request-Id"]


@pytest.mark.parametrize("offered", ["", " ", "a b", "x" * 129, "ä", "a\tb", "a;b"])
def test_another_is_replaced(client: CheckedClient, offered: str) -> None:
    answered = client.get("/livez", headers={"X-Request-Id": offered}).headers["X-Request-Id"]

    assert offered != answered
    assert 32 == len(answered)


@pytest.mark.parametrize(
    ("path", "status"), [("/livez", 200), ("/docs", 200), ("/v1/messages", 401), ("/x", 401)]
)
def test_every_answer_is_sealed(client: CheckedClient, path: str, status: int) -> None:
    response = client.get(path)

    assert status == response.status_code
    assert "nosniff" == response.headers["X-Content-Type-Options"]
    assert "no-referrer" == response.headers["Referrer-Policy"]
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] in {"private, no-cache", "no-store"}


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "nonsense",
        PARENT.upper(),
        PARENT + "-x",
        PARENT.replace("00-", "ff-", 1),
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    ],
)
def test_a_malformed_trace_is_none(parent: str) -> None:
    """W3C Trace Context 3.2.2.3: the rest of the headers is then ignored too."""
    assert read_trace(Headers({"traceparent": parent, "tracestate": "a=1"})) is None


def test_a_later_version_of_a_trace_is_taken() -> None:
    later = "01" + PARENT[2:] + "-more"

    assert TraceContext(later) == read_trace(Headers({"traceparent": later}))


def test_a_trace_state_that_cannot_be_carried_is_left_out() -> None:
    headers = Headers([("traceparent", PARENT), ("tracestate", "a=1"), ("tracestate", "b=2")])
    assert TraceContext(PARENT, "a=1,b=2") == read_trace(headers)
    headers["tracestate"] = "x" * 513
    assert TraceContext(PARENT) == read_trace(headers)


def test_a_request_is_one_line_of_log_without_bodies_addresses_or_secrets(
    caller: Caller, world: World
) -> None:
    processors = [structlog.contextvars.merge_contextvars]
    with capture_logs(processors) as lines:
        caller.send({"X-Request-Id": "mine"}, to="grace@example.com")
        caller.get("/v1/messages?recipient=grace@example.com")

    assert ["http_request", "http_request"] == [line["event"] for line in lines]
    assert ["POST", "/v1/messages", 202, "key_everyday", "mine"] == [
        lines[0][name] for name in ("method", "route", "status", "key_id", "request_id")
    ]
    assert "mine" != lines[1]["request_id"]
    [message] = world.acceptance.messages
    assert [message.id, ["default"], "normal", 1, 1000] == [
        lines[0][name] for name in ("message_id", "relays", "lane", "recipients", "octets")
    ]
    # no name in hexadecimal digits: a request id may hold any of those
    for secret in ("grace", caller.key, "hello"):
        assert secret not in str(lines)


def test_a_repeated_answer_says_so_in_its_line(caller: Caller) -> None:
    for _ in range(2):
        with capture_logs() as lines:
            caller.send({"Idempotency-Key": "k"})

    assert [(202, True)] == [(line["status"], line["replayed"]) for line in lines]


def test_what_is_bound_to_the_log_ends_with_the_request(client: CheckedClient) -> None:
    client.get("/livez", headers={"X-Request-Id": "mine"})

    assert {} == structlog.contextvars.get_contextvars()
