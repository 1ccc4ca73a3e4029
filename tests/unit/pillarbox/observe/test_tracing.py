"""Whether anything is traced: only when it is asked for, and never in the way of a mail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pillarbox.observe.spans import SpanTracer, make_provider
from pillarbox.observe.tracing import Untraced, exporter_names, make_tracer
from tests.fakes.deliveries import claim, delivery

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(autouse=True)
def _nothing_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, []),
        ({"ENDPOINT": ""}, []),
        ({"ENDPOINT": "http://collector:4318"}, ["otlp"]),
        ({"TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, ["otlp"]),
        ({"EXPORTER": "none", "ENDPOINT": "http://collector:4318"}, []),
        ({"EXPORTER": "otlp"}, ["otlp"]),
        ({"EXPORTER": " console , otlp,"}, ["console", "otlp"]),
        ({"EXPORTER": "otlp", "DISABLED": "True"}, []),
        ({"EXPORTER": "otlp", "DISABLED": "false"}, ["otlp"]),
    ],
)
def test_traces_are_asked_for_by_opentelemetrys_own_variables(
    variables: dict[str, str], expected: list[str]
) -> None:
    """As its specification reads them; an empty one is as good as none."""
    full = {
        "ENDPOINT": "OTEL_EXPORTER_OTLP_ENDPOINT",
        "TRACES_ENDPOINT": "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "EXPORTER": "OTEL_TRACES_EXPORTER",
        "DISABLED": "OTEL_SDK_DISABLED",
    }

    assert expected == exporter_names({full[name]: value for name, value in variables.items()})


def test_unasked_nothing_is_drawn() -> None:
    """And whatever is told is taken."""
    tracer = make_tracer("pillarbox-test")

    assert tracer.request("GET", None, None) is None
    with tracer.batch(claim(delivery())):
        tracer.close()
    assert isinstance(tracer, Untraced)


def test_asked_for_it_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")

    tracer = make_tracer("pillarbox-test")
    tracer.close()

    assert isinstance(tracer, SpanTracer)


@pytest.mark.parametrize(
    ("exporter", "protocol", "reason"),
    [
        ("smoke", "", "no exporter 'smoke' is installed"),
        ("otlp", "grpc", "no exporter 'otlp_proto_grpc' is installed"),
    ],
)
def test_an_exporter_that_is_not_installed_is_told_and_mail_goes_on(
    monkeypatch: pytest.MonkeyPatch, exporter: str, protocol: str, reason: str
) -> None:
    """OpenTelemetry's specification wants a warning, not an end."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", exporter)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)

    with capture_logs() as logs:
        tracer = make_tracer("pillarbox-test")

    assert isinstance(tracer, Untraced)
    assert [("tracing_off", reason)] == [(line["event"], line["reason"]) for line in logs]


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("OTEL_RESOURCE_ATTRIBUTES", "team=post", "pillarbox-test"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=mail", "mail"),
        ("OTEL_SERVICE_NAME", "mail", "mail"),
    ],
)
def test_the_operators_name_for_the_service_wins(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(variable, value)

    provider = make_provider("pillarbox-test", [])
    provider.shutdown()

    assert expected == provider.resource.attributes["service.name"]
    assert provider.resource.attributes["service.version"]


WITHOUT_THE_EXTRA = """
import sys
from pathlib import Path
sys.modules["opentelemetry"] = None
from structlog.testing import capture_logs
from pillarbox.settings import Settings
from service.app import create_app
from tests.fakes.services import EVERYDAY, World
from workers.composition import compose
with capture_logs() as logs:
    nowhere = {"redis_url": "redis://127.0.0.1:1/0", "relay_url": "smtp://127.0.0.1:1"}
    worker = compose(Settings(state_dir=Path(sys.argv[1]), **nowhere))
    worker.close()
world = World(tracer=worker.tracer)
headers = {"Authorization": "Bearer " + world.new_key("everyday", *EVERYDAY)}
letter = {"from": "a@acme.test", "to": "b@c.test", "text": "x"}
answer = create_app(world.services()).test_client().post(
    "/v1/messages", json=letter, headers=headers | {"traceparent": sys.argv[2]}
)
assert answer.status_code == 202, answer.text
[message] = world.acceptance.messages
print(message.trace.traceparent, [line["event"] for line in logs])
"""


@pytest.mark.parametrize(("exporter", "said"), [("otlp", "['tracing_off']"), ("none", "[]")])
def test_without_the_extra_everything_works(tmp_path: Path, exporter: str, said: str) -> None:
    """The caller's trace is kept to the letter; the log says why what was asked for is not."""
    traceparent = f"00-{'a' * 32}-{'b' * 16}-01"

    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_EXTRA, str(tmp_path), traceparent],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "OTEL_TRACES_EXPORTER": exporter, "PYTHONPATH": str(ROOT)},
    )

    assert done.returncode == 0, done.stderr
    assert f"{traceparent} {said}" == done.stdout.splitlines()[-1]


def test_untraced_nothing_of_ours_that_traces_is_imported() -> None:
    """A process pays for tracing only if it traces; other libraries import what they want."""
    check = "import sys, pillarbox.bootstrap as b; b.make_tracer('x'); print(sorted(sys.modules))"

    done = subprocess.run(
        [sys.executable, "-c", check], check=True, capture_output=True, text=True, cwd=ROOT
    )

    assert "pillarbox.observe.tracing" in done.stdout
    assert "pillarbox.observe.spans" not in done.stdout
