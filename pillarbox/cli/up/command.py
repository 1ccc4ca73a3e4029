"""`pillarbox up`: all of it on one machine, in the foreground."""

import json
import os
import shlex
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import click

from pillarbox.cli.setting_errors import load_settings, told_in_one_line
from pillarbox.cli.up import broker, hello, sandbox, state
from pillarbox.cli.up.child import Child
from pillarbox.cli.up.supervisor import Supervisor
from pillarbox.domain.lane import Lane
from pillarbox.observe import shared_folder
from pillarbox.settings import PREFIX, Settings

START_SECONDS = 60.0
"""A cold disk and a busy machine included."""
WORKER_GRACE_SECONDS = 45.0
"""A worker may have to wait for a relay's reply to the end of data."""
GRACE_SECONDS = 15.0
"""For the processes that hold nothing that must be finished."""


@click.command()
def up() -> None:
    """Run everything here: API, worker, scheduler, and what they need if none is configured.

    Without settings that is an embedded Valkey, SQLite and a sandbox relay,
    kept under the state directory (`var`). Ctrl-C ends it all.
    """
    settings = load_settings()
    with ExitStack() as stack:
        stack.enter_context(state.lock(settings))
        supervisor = Supervisor(lambda line: click.echo(line, err=True))
        supervisor.heed_signals()
        installation = _Installation(settings, supervisor, state.keep_key(settings))
        stack.callback(
            supervisor.end,
            ("api", "scheduler"),
            _workers(settings),
            ("sandbox",),
            ("broker",),
        )
        if installation.start():
            installation.greet()
            supervisor.watch()
    click.echo("ended", err=True)


@dataclass(slots=True)
class _Installation:
    """What `up` starts, from its settings; children see them completed, as variables."""

    settings: Settings
    supervisor: Supervisor
    key: str

    def start(self) -> bool:
        """Start everything; False if told to stop meanwhile."""
        self._refuse_taken_ports()
        variables = {
            "PILLARBOX_STATE_DIR": str(self.settings.state_dir.absolute()),
            "PILLARBOX_DATABASE_URL": self.settings.sqlalchemy_url,
            "PILLARBOX_REDIS_URL": self.settings.broker_url,
            "PILLARBOX_BOOTSTRAP_KEY": self.key,
            "PILLARBOX_WORKER_LANES": ",".join(Lane),  # there may be no other workers
        }
        if not self.settings.has_relay:
            variables |= self._start_sandbox()
        if self.settings.redis_url is None:
            self._start_broker()
        self._migrate()
        self._start_ours(variables)
        return self.supervisor.wait_until(
            lambda: hello.answers(self._local_url), "the API", START_SECONDS
        )

    def greet(self) -> None:
        """Send the hello message, then print what a person needs to go on."""
        if not self.settings.has_relay:
            outcome = hello.send_hello(self._local_url, self.key, lambda: self.supervisor.stopping)
        else:
            outcome = "not sent: the relay is your own"
        click.echo(f"ready: {self.settings.base_url}")
        click.echo(f"key:   {self.key}")
        click.echo(f"hello: {outcome}")
        if not self.settings.has_relay:
            click.echo(f"mails: {self._shown(sandbox.mail_folder(self.settings))}")
        click.echo(f"logs:  {self._shown(self.settings.state_dir / 'log')}")
        click.echo("try:")
        click.echo(self._curl())
        sys.stdout.flush()

    def _refuse_taken_ports(self) -> None:
        """End the command if a port is taken that a process of ours would need."""
        host = self.settings.http_host
        state.refuse_taken_port(host, self.settings.http_port, f"{PREFIX}HTTP_PORT")
        if self.settings.health_port:
            state.refuse_taken_port(host, self.settings.health_port, f"{PREFIX}HEALTH_PORT")

    @property
    def _local_url(self) -> str:
        host = self.settings.http_host
        reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - compared
        return f"http://{reachable}:{self.settings.http_port}"

    def _start_ours(self, variables: Mapping[str, str]) -> None:
        """Start API, workers and scheduler.

        The first worker has the health port, if there is one, and shows what all
        workers have counted.
        """
        folder = self.settings.state_dir.absolute() / "metrics"
        shared, elsewhere = {}, {}
        if self.settings.health_port is not None:
            shared_folder.empty(folder)
            shared = {shared_folder.FOLDER_VARIABLE: str(folder)}
            elsewhere = {f"{PREFIX}HEALTH_PORT": "0"}
        first, *others = _workers(self.settings)
        for name, module, grace, own in (
            ("api", "service", GRACE_SECONDS, {}),
            (first, "workers", WORKER_GRACE_SECONDS, shared),
            *((other, "workers", WORKER_GRACE_SECONDS, shared | elsewhere) for other in others),
            ("scheduler", "workers.scheduler", GRACE_SECONDS, elsewhere),
        ):
            child = self._child(name, [sys.executable, "-m", module], {**variables, **own}, grace)
            if shared and module == "workers":
                child.forget = partial(shared_folder.forget_process, folder)
            self.supervisor.start(child)

    def _start_sandbox(self) -> dict[str, str]:
        host, port = self.settings.sandbox_host, self.settings.sandbox_port
        state.refuse_taken_port(host, port, f"{PREFIX}SANDBOX_PORT")
        password = state.keep_password(self.settings)
        ca_file = sandbox.prepare(self.settings)
        command = [sys.executable, "-m", "pillarbox.cli", "sandbox"]
        self._start("sandbox", command, {}, GRACE_SECONDS)
        user = quote(sandbox.USER, safe="")
        return {
            "PILLARBOX_RELAY_URL": f"smtp+starttls://{user}:{quote(password)}@{host}:{port}",
            "PILLARBOX_RELAY_CA_FILE": str(ca_file),
        }

    def _start_broker(self) -> None:
        server = broker.find_server()
        folder = self.settings.state_dir.absolute() / "broker"
        folder.mkdir(exist_ok=True)
        socket = self.settings.broker_socket
        socket.parent.mkdir(mode=0o700, exist_ok=True)
        socket.unlink(missing_ok=True)
        self._start("broker", broker.server_command(server, socket, folder), {}, GRACE_SECONDS)
        self.supervisor.wait_until(socket.exists, "the broker", START_SECONDS)

    def _migrate(self) -> None:
        from pillarbox.bootstrap import migrate  # noqa: PLC0415 - loads while the broker starts

        with told_in_one_line():
            migrate(self.settings)

    def _start(
        self, name: str, command: list[str], variables: Mapping[str, str], grace: float
    ) -> None:
        self.supervisor.start(self._child(name, command, variables, grace))

    def _child(
        self, name: str, command: list[str], variables: Mapping[str, str], grace: float
    ) -> Child:
        folder = self.settings.state_dir / "log"
        folder.mkdir(exist_ok=True)
        environment = {**os.environ, **variables}
        log = folder.absolute() / f"{name}.log"
        return Child(name, command, environment, log, grace)

    def _curl(self) -> str:
        document = {
            "from": "Acme Billing <billing@acme.test>",
            "to": ["ada@example.com"],
            "subject": "Receipt 42",
            "text": "Thank you.",
        }
        return " ".join(
            (
                f"curl -sS {self.settings.base_url}/v1/messages",
                f"-H {shlex.quote(f'Authorization: Bearer {self.key}')}",
                "-H 'Content-Type: application/json'",
                f"-d {shlex.quote(json.dumps(document))}",
            )
        )

    def _shown(self, path: Path) -> str:
        absolute = path.absolute()
        here = Path.cwd()
        return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)


def _workers(settings: Settings) -> tuple[str, ...]:
    """Name the workers; the first has the health port."""
    return ("worker", *(f"worker-{number}" for number in range(2, settings.worker_processes + 1)))
