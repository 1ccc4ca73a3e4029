"""What `helm test` runs says what is wrong with an API, and nothing of one that is well."""

import runpy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.chart.matrix import EVERYTHING, EXTERNAL, KEY
from tests.chart.rendering import CHART, named, render

SCRIPT = CHART / "files" / "check_api.py"
READY = (
    b'{"ready": true, "dependencies": {"store": {"status": "up"}, "broker": {"status": "down"}}}'
)


@contextmanager
def _api(*, ready: int = 200, keyless: int = 401, keyed: int = 200) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/readyz":
                status = ready
            elif self.headers.get("Authorization") == f"Bearer {KEY}":
                status = keyed
            else:
                status = keyless
            self.send_response(status)
            self.send_header("Content-Length", str(len(READY)))
            self.end_headers()
            self.wfile.write(READY)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base's
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str | None], str | None]:
    """Load the script's check of an API by a key, and take its patience away."""
    script = runpy.run_path(str(SCRIPT))
    function = script["check"]
    monkeypatch.setitem(function.__globals__, "READY_SECONDS", 0.0)
    monkeypatch.setitem(function.__globals__, "PAUSE_SECONDS", 0.0)

    def run(url: str, key: str | None) -> str | None:
        monkeypatch.setenv("PILLARBOX_URL", url)
        wrong: str | None = function(key)
        return wrong

    return run


Check = Callable[[str, str | None], str | None]


@pytest.mark.parametrize("keyed", [200, 403])
def test_nothing_is_wrong_with_an_api_that_knows_the_key(
    check: Check, capsys: pytest.CaptureFixture[str], keyed: int
) -> None:
    """403 is of a key that may send and not read; each dependency is shown, and no secret."""
    with _api(keyed=keyed) as url:
        assert check(url, KEY) is None

    said = capsys.readouterr().out
    assert "store: up\nbroker: down\nthe key is good\n" == said


def test_without_a_key_only_readiness_is_asked(check: Check) -> None:
    with _api() as url:
        assert check(url, None) is None


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"ready": 503}, "not ready: 503"),
        ({"keyless": 200}, "without a key the answer is 200, not 401"),
        ({"keyed": 401}, "with the key: 401"),
    ],
)
def test_what_is_wrong_is_said(check: Check, answers: dict[str, int], wrong: str) -> None:
    with _api(**answers) as url:
        said = check(url, KEY)

    assert said is not None
    assert said.startswith(wrong)


def test_an_api_that_is_away_is_not_ready(check: Check) -> None:
    with _api() as url:
        pass

    assert str(check(url, KEY)).startswith("not ready: 0")


def test_the_pod_runs_this_script_then_sends_the_mail() -> None:
    """The mail only where a recipient is named."""
    script = SCRIPT.read_text(encoding="utf-8")
    with_mail = named(render(EVERYTHING), "Pod", "test")["spec"]
    without = named(render(EXTERNAL), "Pod", "test")["spec"]

    for container in (*with_mail["initContainers"], *without["containers"]):
        assert ["python", "-c"] == container["command"]
        assert script.strip() == container["args"][0].strip()
    [mail] = with_mail["containers"]
    assert ["send", "--wait"] == mail["args"][:2]
    assert "initContainers" not in without
