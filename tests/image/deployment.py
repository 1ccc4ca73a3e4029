"""An installation whose processes run from the image, each in a container of its own."""

from collections.abc import Callable, Mapping
from pathlib import Path

import requests

from tests.image import container
from tests.image.built import BuiltImage
from tests.image.container import Container
from tests.ports import LOOPBACK, answers, free_port
from tests.servers.installation import Installation


class Deployment(Installation):
    """API, worker and scheduler of the image; `container(name)` is one of them."""

    def __init__(
        self, image: BuiltImage, folder: Path, *, relay_url: str, **settings: object
    ) -> None:
        super().__init__(folder, relay_url=relay_url, HTTP_HOST=LOOPBACK, **settings)
        self._session.headers["Connection"] = "close"  # it outlives each test
        self._image = image
        self._containers: dict[str, Container] = {}
        own = {"PILLARBOX_STATE_DIR", "PILLARBOX_LOG_FORMAT"}  # as the image has them
        self.environment = {
            name: value
            for name, value in self.environment.items()
            if name.startswith("PILLARBOX_") and name not in own
        }

    def start_scheduler(self, name: str = "scheduler") -> None:
        """Start a scheduler, and wait until its probe answers."""
        port = self._health_ports[name] = free_port()
        self._start(name, lambda: answers(port), {"PILLARBOX_HEALTH_PORT": str(port)})

    def start_other_api(self) -> Container:
        """Start a second API on a port of its own."""
        port = free_port()
        self._start("api-2", lambda: answers(port), {"PILLARBOX_HTTP_PORT": str(port)})
        return self.container("api-2")

    def start_sandbox(self) -> Container:
        """Start a sandbox relay."""
        port = free_port()
        self._start(
            "sandbox",
            lambda: answers(port),
            {"PILLARBOX_SANDBOX_PORT": str(port), "PILLARBOX_SANDBOX_HOST": LOOPBACK},
        )
        return self.container("sandbox")

    def start_without_waiting(self, role: str, *, until: str) -> Container:
        """Start a process, and return as soon as it runs `until`, its module."""
        name = f"{role}-early"
        ports = {each: str(free_port()) for each in ("HTTP_PORT", "HEALTH_PORT")}
        started = self._processes[name] = Container(
            self._image,
            role,
            log=self.folder / f"{name}.log",
            answers=lambda starting: starting.arguments[-2:] == ["-m", until],
            environment=self.environment
            | {f"PILLARBOX_{port}": number for port, number in ports.items()},
        )
        return started

    def container(self, name: str) -> Container:
        """Return the container of a process."""
        return self._containers[name]

    def probe(self, name: str, path: str) -> requests.Response:
        """Ask a process as Kubernetes does; the API has its probes on its own port."""
        return self.get(path) if name == "api" else super().probe(name, path)

    def command(self, *arguments: str) -> str:
        """Run a command of the image to its end, and return what it printed."""
        done = container.run(self._image, *arguments, environment=self.environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _start(
        self, name: str, answering: Callable[[], bool], environment: Mapping[str, str] | None = None
    ) -> None:
        started = self._containers[name] = Container(
            self._image,
            name.partition("-")[0],
            log=self.folder / f"{name}.log",
            answers=lambda _: answering(),
            environment=self.environment | dict(environment or {}),
        )
        self._processes[name] = started
