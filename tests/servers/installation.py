"""Pillarbox itself as its operators run it: an API, workers and a scheduler, each a process."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from tests.leaks import LeakError
from tests.ports import answers, free_port
from tests.servers.left_behind import claims_left, keys_left
from tests.servers.process import ServerProcess
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
KEY = f"pb_testskey0_{secrets.token_hex(24)}"
ENDED = frozenset({"sent", "failed", "partial", "cancelled", "uncertain"})

SHOWN_LINES = 40
"""Of each log of an installation in which a test failed."""

Document = dict[str, Any]


class Installation:
    """A whole installation on a state directory of its own.

    Without a `relay_url` its relays are in a `RELAYS_FILE`. `settings` are
    further `PILLARBOX_*` variables, without the prefix. A worker is `worker`, a
    second one that `start_worker` adds is `worker-2`.
    """

    def __init__(self, folder: Path, *, relay_url: str | None, **settings: object) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {KEY}"
        self._processes: dict[str, ServerProcess] = {}
        self._health_ports: dict[str, int] = {}
        self._killed = False
        chosen = {
            "STATE_DIR": folder,
            "HTTP_PORT": self.port,
            "API_PROCESSES": 1,
            "BOOTSTRAP_KEY": KEY,
            "LOG_FORMAT": "json",
        } | settings
        if relay_url is not None:
            chosen["RELAY_URL"] = relay_url
        self.environment = clean_environment() | {
            f"PILLARBOX_{name}": str(value) for name, value in chosen.items()
        }

    def __enter__(self) -> Self:
        self.command("migrate")
        self.start_api()
        self.start_worker()
        self.start_scheduler()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()
        for process in reversed(list(self._processes.values())):
            process.stop()
        if error is None:
            self._refuse_leaks()
        else:
            self._show_logs()

    def start_api(self) -> None:
        """Start the API, and wait until it answers."""
        self._start("api", lambda: answers(self.port))

    def start_worker(self, name: str = "") -> str:
        """Start a worker, and wait until its probe answers; its name, `worker-…` if given."""
        if not name:
            name = "worker" if "worker" not in self._processes else f"worker-{len(self._processes)}"
        port = self._health_ports[name] = free_port()
        self._start(name, lambda: answers(port), {"PILLARBOX_HEALTH_PORT": str(port)})
        return name

    def start_scheduler(self, name: str = "scheduler") -> None:
        """Start a scheduler, and wait until its probe answers; a further one is `scheduler-…`."""
        port = self._health_ports[name] = free_port()
        self._start(name, lambda: answers(port), {"PILLARBOX_HEALTH_PORT": str(port)})

    def kill(self, name: str) -> None:
        """End a process as a crash would."""
        self._killed = True
        self._processes.pop(name).kill()

    def stop(self, name: str) -> None:
        """End a process as Kubernetes would, with SIGTERM."""
        self._processes.pop(name).stop()

    def wait_for_end(self, name: str, timeout: float) -> int:
        """Wait until a process that was told to end has ended; its exit status."""
        return self._processes.pop(name).wait(timeout)

    def pid(self, name: str) -> int:
        """Return a process's id."""
        return self._processes[name].pid

    @property
    def database_url(self) -> str:
        """Where its rows are."""
        usual = f"sqlite:///{self.folder / 'pillarbox.sqlite3'}"
        return self.environment.get("PILLARBOX_DATABASE_URL", usual)

    @property
    def redis_url(self) -> str:
        """Where its broker is."""
        return self.environment["PILLARBOX_REDIS_URL"]

    @property
    def authorization(self) -> dict[str, str]:
        """The header that its key makes."""
        return {"Authorization": f"Bearer {KEY}"}

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process."""
        os.kill(self._processes[name].pid, number)

    def log(self, name: str) -> str:
        """Return what a process has logged."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def probe(self, name: str, path: str) -> requests.Response:
        """Ask a worker's or a scheduler's health port."""
        url = f"http://127.0.0.1:{self._health_ports[name]}{path}"
        return requests.get(url, timeout=10, headers={"Connection": "close"})

    def command(self, *arguments: str) -> str:
        """Run a command of the product to its end, and return what it printed."""
        return run_command(*arguments, environment=self.environment)

    def post(
        self, document: Document | None, path: str = "/v1/messages", **headers: str
    ) -> requests.Response:
        """POST a message, or something else to another path."""
        return self._session.post(self.url + path, json=document, headers=headers, timeout=30)

    def send(self, **fields: object) -> str:
        """Send a message, a plain one unless `fields` say more; its id."""
        document: Document = {
            "from": "Acme Billing <billing@acme.test>",
            "to": "ada@example.com",
            "subject": "Receipt 42",
            "text": "Thank you.",
        } | {name.rstrip("_"): value for name, value in fields.items()}
        answer = self.post(document)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def get(self, path: str) -> requests.Response:
        """GET anything, with the key."""
        return self._session.get(self.url + path, timeout=30)

    def message(self, message_id: str) -> Document:
        """GET a message."""
        answer = self.get(f"/v1/messages/{message_id}")
        assert answer.status_code == 200, answer.text
        document: Document = answer.json()
        return document

    def wait_for(self, message_id: str, *statuses: str, timeout: float = 30.0) -> Document:
        """Wait until a message has one of these statuses, or has ended if none is named."""
        wanted = statuses or ENDED
        wait_until(
            lambda: self.message(message_id)["status"] in wanted,
            timeout,
            f"{message_id} is {' or '.join(sorted(wanted))}",
        )
        return self.message(message_id)

    def _refuse_leaks(self) -> None:
        """Raise `LeakError` for what no process of it may leave when it ends.

        A claim of a worker that was killed is the next sweep's, which may be nobody's.
        """
        if keys := keys_left(self.redis_url, killed=self._killed):
            raise LeakError("keys", keys)
        if self._killed:
            return
        if claims := claims_left(self.database_url):
            raise LeakError("claims", [f"{claims} of {self.database_url}"])

    def _show_logs(self) -> None:
        """Print how each process's log ends: of a failed test it is shown."""
        for path in sorted(self.folder.glob("*.log")):
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            sys.stderr.write("\n".join([f"--- {path.name}", *lines[-SHOWN_LINES:], ""]))

    def _start(
        self, name: str, answering: Callable[[], bool], environment: Mapping[str, str] | None = None
    ) -> None:
        role = name.partition("-")[0]
        self._processes[name] = ServerProcess(
            [sys.executable, "-m", "pillarbox.cli", role],
            log=self.folder / f"{name}.log",
            answers=answering,
            environment=self.environment | dict(environment or {}),
        )


def clean_environment() -> dict[str, str]:
    """Return this process's environment without any setting, able to import the checkout."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PILLARBOX_")}
    return kept | {"PYTHONPATH": str(ROOT)}


def run_command(*arguments: str, environment: Mapping[str, str], status: int = 0) -> str:
    """Run `pillarbox …` to its end, check its exit status, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "pillarbox.cli", *arguments],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout if status == 0 else done.stdout + done.stderr
