"""The pages for people, in a real browser that knows no other host."""

import re
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from service import problems
from tests.ports import LOOPBACK, answers, free_port
from tests.servers.browser import Browser
from tests.servers.installation import clean_environment
from tests.servers.process import ServerProcess

pytestmark = pytest.mark.keeps_open("the server lives as long as the module")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the API over fakes."""
    port = free_port()
    folder: Path = tmp_path_factory.mktemp("docs")
    process = ServerProcess(
        [sys.executable, "-m", "tests.fakes.server", str(port)],
        log=folder / "server.log",
        answers=lambda: answers(port),
        environment=clean_environment(),
    )
    yield f"http://{LOOPBACK}:{port}"
    process.stop()


def test_every_operation_and_schema_of_the_contract_is_shown(url: str, browser: Browser) -> None:
    """Drawn by scripts of our own host alone, and nothing was refused."""
    contract = requests.get(f"{url}/openapi.json", timeout=10).json()

    page = browser.open(f"{url}/docs")

    shown = re.findall(
        r'opblock-summary-method">(\w+)<.*?data-path="([^"]+)"', page.document, re.DOTALL
    )
    operations = {
        (method.upper(), path)
        for path, item in contract["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert [] == page.complaints
    assert [] == [asked for asked in page.asked if not asked.startswith(f"{url}/")]
    assert f"{url}/openapi.json" in page.asked
    assert ("POST", "/v1/messages") in operations
    assert operations == set(shown)
    assert set(contract["components"]["schemas"]) <= set(page.text.splitlines())


def test_a_link_to_an_operation_opens_it_with_a_letter_that_can_be_sent(
    url: str, browser: Browser
) -> None:
    """What "Try it out" offers is a whole message, not every member that there is."""
    page = browser.open(f"{url}/docs#/messages/post_v1_messages")

    words = page.text
    assert [] == page.complaints
    assert "Committed to the store." in words
    assert "Idempotency-Key" in words
    assert "Acme Billing <billing@acme.test>" in words
    assert "additionalProp1" not in words


def test_the_schema_of_a_message_is_shown_with_what_becomes_of_a_recipient(
    url: str, browser: Browser
) -> None:
    page = browser.open(f"{url}/docs#/messages/get_v1_messages__message_id_")

    assert [] == page.complaints
    for member in ("internet_message_id", "recipients", "reply", "enhanced", "next_attempt_at"):
        assert f'"{member}"' in page.text, member


def test_the_page_asks_whoever_serves_it(url: str, browser: Browser) -> None:
    """The public name may be out of this browser's reach, and the policy allows no other host."""
    page = browser.open(f"{url}/docs")

    assert url in page.text.splitlines()
    assert "mail.example.com" not in page.text


@pytest.mark.parametrize("problem", [problems.STORE_UNAVAILABLE, problems.INVALID_INPUT])
def test_a_problem_is_explained(url: str, browser: Browser, problem: problems.Problem) -> None:
    """The page that a problem's `type` leads to."""
    page = browser.open(f"{url}/problems/{problem.slug}")

    assert [] == page.complaints
    assert {problem.slug, problem.title, "What to do"} <= set(page.text.splitlines())


class Misbehaving(BaseHTTPRequestHandler):
    """A page that does what ours must not."""

    def do_GET(self) -> None:
        page = b'<script>1</script><script src="/x.js"></script><img src="http://other.test/x.png">'
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", "default-src 'none'; img-src *")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def test_what_a_browser_refuses_is_seen(browser: Browser) -> None:
    """Else a page without complaints would prove nothing."""
    server = ThreadingHTTPServer((LOOPBACK, 0), Misbehaving)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        page = browser.open(f"http://{LOOPBACK}:{server.server_port}/")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    inline, file = sorted(page.complaints)
    assert "inline script" in inline
    assert "x.js" in file
    assert "http://other.test/x.png" in page.asked
