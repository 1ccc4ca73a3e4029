"""`pillarbox up`, as a person runs it."""

import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from tests.ports import LOOPBACK, free_port, is_free
from tests.servers.installation import clean_environment, run_command
from tests.servers.process import command_line, descendants, is_alive
from tests.waiting import wait_until


class Up:
    """A running `pillarbox up`, and what it printed."""

    def __init__(self, process: subprocess.Popen[str], output: Path) -> None:
        self.process = process
        self._output = output
        self.children: list[psutil.Process] = []

    @property
    def printed(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def wait_until_ready(self) -> None:
        wait_until(lambda: "\ncurl " in self.printed or self._died(), 60, "the curl line")
        self.children = descendants(self.process.pid)

    @property
    def workers(self) -> list[psutil.Process]:
        return [each for each in self.children if "workers" in command_line(each)]

    def line(self, name: str) -> str:
        """Return what stands after `name:`."""
        [found] = re.findall(rf"^{name}: +(.+)$", self.printed, re.MULTILINE)
        return str(found)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def _died(self) -> bool:
        assert self.process.poll() is None, self.printed
        return False


@contextmanager
def up(folder: Path, **settings: object) -> Iterator[Up]:
    """Run `pillarbox up` on a state directory."""
    chosen = {"STATE_DIR": folder / "var"} | settings
    environment = clean_environment() | {
        f"PILLARBOX_{name}": str(value) for name, value in chosen.items()
    }
    output = folder / "up.out"
    with output.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "pillarbox.cli", "up"],
            env=environment,
            stdout=out,
            stderr=out,
            text=True,
            process_group=0,
        )
    running = Up(process, output)
    try:
        yield running
    finally:
        if process.poll() is None:
            running.end(signal.SIGTERM)


@pytest.fixture
def ports() -> dict[str, object]:
    return {"HTTP_PORT": free_port(), "SANDBOX_PORT": free_port()}


def test_one_command_is_ready_and_its_hello_went_through_all_of_it(
    tmp_path: Path, ports: dict[str, object]
) -> None:
    """The lines that a newcomer reads: where, the key, the relay's own reply, a curl that works."""
    with up(tmp_path, **ports) as running:
        running.wait_until_ready()

        assert f"http://127.0.0.1:{ports['HTTP_PORT']}" == running.line("ready")
        assert re.fullmatch(r"pb_[a-z0-9]{8,40}_[A-Za-z0-9]{32,}", running.line("key"))
        assert re.match(r"sent: 250 2\.\d\.\d ", running.line("hello"))
        [curl] = [line for line in running.printed.splitlines() if line.startswith("curl ")]
        done = subprocess.run(
            shlex.split(curl), check=True, capture_output=True, text=True, timeout=30
        )
        assert '"status":"queued"' in done.stdout


def test_the_health_port_is_the_workers(tmp_path: Path, ports: dict[str, object]) -> None:
    """Worker and scheduler read one setting; fighting for the port, the worker never came up."""
    health = free_port()
    with up(tmp_path, HEALTH_PORT=health, WORKER_PROCESSES=3, **ports) as running:
        running.wait_until_ready()
        assert 3 == len(running.workers)

        assert running.line("hello").startswith("sent: ")
        metrics = requests.get(f"http://{LOOPBACK}:{health}/metrics", timeout=10).text
        assert "pillarbox_relay_resting" in metrics


def test_the_workers_counts_are_one_and_outlive_them(
    tmp_path: Path, ports: dict[str, object]
) -> None:
    """One port shows what all of them have done, the killed among them; no file stays of those."""
    health = free_port()
    folder = tmp_path / "var" / "metrics"

    def sent() -> bool:
        text = requests.get(f"http://{LOOPBACK}:{health}/metrics", timeout=10).text
        return 'pillarbox_recipients_total{relay="default",status="sent"} 1.0' in text

    with up(tmp_path, HEALTH_PORT=health, WORKER_PROCESSES=2, **ports) as running:
        running.wait_until_ready()
        assert sent()
        _, second = sorted(running.workers, key=lambda each: each.pid)

        second.kill()

        wait_until(lambda: not list(folder.glob(f"*_{second.pid}.db")), 20, "its files are gone")
        assert sent()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_is_clean(tmp_path: Path, ports: dict[str, object], number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM drain, exit 0, and leave nothing running and no port taken."""
    with up(tmp_path, **ports) as running:
        running.wait_until_ready()

        status = running.end(number)

    assert 0 == status
    wait_until(lambda: not any(map(is_alive, running.children)), 10, "the children end")
    wait_until(
        lambda: all(is_free(int(str(port))) for port in ports.values()), 10, "its ports are free"
    )


def test_a_second_up_finds_the_messages_of_the_first(
    tmp_path: Path, ports: dict[str, object]
) -> None:
    """The state directory is the installation: same key, same messages."""
    with up(tmp_path, **ports) as running:
        running.wait_until_ready()
        key = running.line("key")
    with up(tmp_path, **ports) as running:
        running.wait_until_ready()
        again = running.line("key")
        answer = requests.get(
            f"{running.line('ready')}/v1/messages",
            headers={"Authorization": f"Bearer {key}"},
            timeout=10,
        )

    assert key == again
    assert 2 == len(answer.json()["data"])


def test_a_killed_worker_is_started_again(tmp_path: Path, ports: dict[str, object]) -> None:
    """What ends of itself is started again, so that messages end by themselves."""
    with up(tmp_path, **ports) as running:
        running.wait_until_ready()
        workers = running.workers
        assert 2 == len(workers)  # the default: as many as the cores of a small machine
        for worker in workers:
            worker.kill()
        environment = clean_environment() | {
            "PILLARBOX_URL": running.line("ready"),
            "PILLARBOX_API_KEY": running.line("key"),
        }

        printed = run_command(
            *("send", "--from", "a@acme.test", "--to", "b@example.com"),
            *("--subject", "Again", "--text", "Hi", "--wait", "--json"),
            environment=environment,
        )

    assert '"status": "sent"' in printed


@pytest.mark.parametrize("name", ["HTTP_PORT", "SANDBOX_PORT", "HEALTH_PORT"])
def test_a_taken_port_is_named_with_the_setting_that_chooses_another(
    tmp_path: Path, ports: dict[str, object], name: str
) -> None:
    """One line that says which port, and what to set."""
    ports["HEALTH_PORT"] = free_port()
    with socket.socket() as taken:
        taken.bind((LOOPBACK, int(str(ports[name]))))
        taken.listen()
        with up(tmp_path, **ports) as running:
            status = running.process.wait(30)

    assert 1 == status
    assert f"port {ports[name]} " in running.printed
    assert f"PILLARBOX_{name}" in running.printed


def test_two_at_once_on_one_state_directory_are_refused(
    tmp_path: Path, ports: dict[str, object]
) -> None:
    """Two schedulers are harmless; two brokers on one folder are not."""
    second = tmp_path / "second"
    second.mkdir()
    with up(tmp_path, **ports) as running:
        running.wait_until_ready()
        other = {"HTTP_PORT": free_port(), "SANDBOX_PORT": free_port()}
        with up(second, **other, STATE_DIR=tmp_path / "var") as refused:
            assert 1 == refused.process.wait(30)

    assert "another `pillarbox up`" in refused.printed


def test_a_state_directory_that_cannot_be_had_is_named_with_its_setting(tmp_path: Path) -> None:
    """One line, and not where in our code it was noticed."""
    (tmp_path / "file").touch()
    with up(tmp_path, STATE_DIR=tmp_path / "file" / "var") as running:
        assert 1 == running.process.wait(30)

    [line] = running.printed.strip().splitlines()
    assert line.startswith(f"Error: nothing can be kept in {tmp_path / 'file' / 'var'} (")
    assert "PILLARBOX_STATE_DIR" in line


def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path) -> None:
    """The line names the setting."""
    with up(tmp_path, LEASE="soon") as running:
        assert 1 == running.process.wait(30)

    assert ["Error: PILLARBOX_LEASE: 'soon' is not a number of seconds"] == (
        running.printed.strip().splitlines()
    )
