"""A newcomer with a fresh clone types what the README and the quickstart say."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.servers.installation import ROOT, clean_environment
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(420),
    pytest.mark.keeps_open("the clone lives as long as the module"),
]

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> list[str]:
    """Return the commands that a page tells its reader to type."""
    return _BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


class Clone:
    """A fresh clone in which `make up` runs, on ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "pillarbox"
        self.port = free_port()
        subprocess.run(["git", "clone", "--quiet", f"file://{ROOT}", str(self.folder)], check=True)
        environment = clean_environment()
        del environment["PYTHONPATH"]
        self.environment = environment | {
            "PILLARBOX_HTTP_PORT": str(self.port),
            "PILLARBOX_SANDBOX_PORT": str(free_port()),
        }
        self.output = folder / "up.out"
        with self.output.open("w", encoding="utf-8") as out:
            self.process = subprocess.Popen(
                ["bash", "-c", "exec make up"],
                cwd=self.folder,
                env=self.environment,
                stdout=out,
                stderr=out,
                process_group=0,
            )

    def wait_until_ready(self) -> None:
        wait_until(lambda: "\ncurl " in self._printed() or self._died(), 300, "make up is ready")

    def type(self, *commands: str) -> str:
        """Type commands into one shell, and return what they printed."""
        script = "\n".join(commands).replace("8025", str(self.port))
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment | {"COLUMNS": "200"},
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert 0 == done.returncode, done.stdout + done.stderr
        return done.stdout

    def end(self) -> None:
        """Press Ctrl-C."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            self.process.wait(90)

    def _printed(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def _died(self) -> bool:
        assert self.process.poll() is None, self._printed()
        return False


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    started = Clone(tmp_path_factory.mktemp("newcomer"))
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.end()


def test_the_readme_begins_with_the_two_commands() -> None:
    """`make up` and `make test`; the second is what runs this."""
    commands = blocks("README.md")

    assert "make up\n" == commands[0]
    assert "make test\n" == commands[-1]
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_what_the_readme_says_can_be_typed(clone: Clone) -> None:
    """A first mail by curl, another by the command line, a key: each as it stands there."""
    printed = clone.type(*blocks("README.md")[1:-1])

    assert '"status":"queued"' in printed
    assert re.search(r"ada@example\.com\s+sent\s+250 2\.0\.0", printed)
    assert '"subject":"Receipt 42"' in printed
    assert re.search(r"^key: pb_[a-z0-9]+_[A-Za-z0-9]+$", printed, re.MULTILINE)


def test_what_the_quickstart_says_can_be_typed(clone: Clone) -> None:
    """Each block, in order, in one shell."""
    printed = clone.type(*blocks("docs/quickstart.md"))

    assert re.search(r"archive@acme\.test\s+sent", printed)
    assert "END-OF-DATA" in printed
    assert "Subject: Receipt 44" in printed
    first, second = re.findall(r'^\{"id":"(msg_\w+)","status":"queued"', printed, re.MULTILINE)
    assert first == second
    assert '"#/sendat"' in printed
    assert '"#/to/0"' in printed


def test_hello_went_through_all_of_it(clone: Clone) -> None:
    """The newcomer's first sight: the relay's own 250."""
    assert "\nhello: sent: 250 " in clone._printed()
