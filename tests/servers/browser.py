"""Chromium without a window: what a page becomes when a real browser runs it."""

import itertools
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from re import DOTALL, findall, sub

from tests.servers.presence import require

TIMEOUT = 60.0
VIRTUAL_MILLISECONDS = 10_000
"""The page's own time until it is read; it passes as fast as the page lets it."""

_OPTIONS = (
    "--headless",
    "--no-sandbox",  # it refuses to run as root with one
    "--disable-gpu",
    "--disable-dev-shm-usage",  # a container gives it 64 MiB
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--enable-logging=stderr",
    "--v=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    f"--virtual-time-budget={VIRTUAL_MILLISECONDS}",
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page after its scripts have run.

    `console` is what the browser says of it; `asked` are the URLs that it asked
    for by itself, whether or not anything answered.
    """

    document: str
    console: tuple[str, ...]
    asked: tuple[str, ...]

    @property
    def text(self) -> str:
        """What a person reads, each element's text on a line of its own."""
        shown = sub(r"<(style|script|svg)\b.*?</\1>", "", self.document, flags=DOTALL)
        lines = (line.strip() for line in unescape(sub(r"<[^>]+>", "\n", shown)).splitlines())
        return "\n".join(line for line in lines if line)

    @property
    def complaints(self) -> list[str]:
        """What the policy refused, and what a script failed at."""
        signs = ("Content Security Policy", "Refused to", "net::ERR", "Uncaught")
        return [line for line in self.console if any(sign in line for sign in signs)]


class Browser:
    """Opens pages, each with a profile of its own; no host but 127.0.0.1 is found."""

    def __init__(self, folder: Path) -> None:
        self._program = require("Chromium", "chromium")
        self._folder = folder
        self._profiles = itertools.count()

    def open(self, url: str) -> Page:
        """Open a page, let its scripts run to their end, and read it."""
        home = self._folder / f"profile-{next(self._profiles)}"
        home.mkdir()
        net_log = home / "net.json"
        document, said = self._run(home, f"--log-net-log={net_log}", "--dump-dom", url)
        console = tuple(findall(r":CONSOLE[^\]]*\] (.*)", said))
        return Page(document, console, tuple(_asked_by_pages(net_log)))

    def _run(self, home: Path, *arguments: str) -> tuple[str, str]:
        process = subprocess.Popen(
            [self._program, *_OPTIONS, f"--user-data-dir={home / 'data'}", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env=os.environ | {"HOME": str(home)},
            start_new_session=True,
        )
        with process:
            try:
                document, said = process.communicate(timeout=TIMEOUT)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)  # its helpers hold the pipes too
                raise
        assert 0 == process.returncode, said
        return document, said


def _asked_by_pages(net_log: Path) -> Iterator[str]:
    """Read a net log; what the browser asks for itself has no page as its initiator."""
    log = json.loads(net_log.read_text(encoding="utf-8"))
    started = log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    for event in log["events"]:
        said = event.get("params", {})
        if event["type"] == started and said.get("initiator", "").startswith("http"):
            yield said["url"]
