"""Whatever real processes expose after real traffic, as Prometheus itself reads it."""

import re
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest
import requests

from pillarbox.observe.catalogue import Kind
from pillarbox.observe.metrics import Metrics
from tests.servers.installation import Installation
from tests.servers.process import descendants
from tests.servers.promtool import Promtool
from tests.servers.redis import RedisServer
from tests.servers.smtp_sink import SmtpSink
from tests.waiting import wait_until

MAILS = 12
SAMPLE = re.compile(r"^(?P<name>[a-z_]+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)$", re.MULTILINE)


@pytest.fixture
def running(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    redis_server: RedisServer,
    smtp_sink: SmtpSink,
) -> Iterator[Installation]:
    """Start an installation with two processes of the API, whose shared folder is `tmp_path`'s."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with Installation(
        tmp_path, relay_url=smtp_sink.url, REDIS_URL=redis_server.database(), API_PROCESSES=2
    ) as started:
        yield started


def _of_the_api(running: Installation) -> str:
    """Ask one of the processes, whichever it is."""
    url = f"{running.url}/metrics"
    return requests.get(url, timeout=10, headers={"Connection": "close"}).text


def _value(exposition: str, series: str) -> float | None:
    match = re.search(rf"^{re.escape(series)} (\S+)$", exposition, re.MULTILINE)
    return float(match[1]) if match else None


def _send(running: Installation, count: int) -> None:
    """Send over a connection for each, so that both processes are met; wait for them all."""
    for _ in range(count):
        answer = requests.post(
            f"{running.url}/v1/messages",
            json={"from": "billing@acme.test", "to": "ada@example.com", "text": "Thank you."},
            headers={**running.authorization, "Connection": "close"},
            timeout=30,
        )
        assert answer.status_code == 202, answer.text
        running.wait_for(answer.json()["id"])


def _processes(running: Installation) -> list[psutil.Process]:
    return descendants(running.pid("api"))


def _is_forgotten(running: Installation, folder: Path, pid: int) -> bool:
    living = [each.pid for each in _processes(running)]
    return pid not in living and not list(folder.glob(f"pillarbox-metrics-*/*_{pid}.db"))


def test_what_every_role_exposes_is_what_prometheus_reads(
    running: Installation, promtool: Promtool
) -> None:
    """Parsed and linted by its own tool; and each series is one that the catalogue describes."""
    _send(running, MAILS)
    wait_until(
        lambda: "pillarbox_due_messages{" in running.probe("scheduler", "/metrics").text,
        20,
        "the scheduler has seen the queue",
    )
    expositions = {
        "api": _of_the_api(running),
        "worker": running.probe("worker", "/metrics").text,
        "scheduler": running.probe("scheduler", "/metrics").text,
    }

    assert {} == {
        role: complaint
        for role, text in expositions.items()
        if (complaint := promtool.check_metrics(text))
    }
    known = {name: labels for each in Metrics().described for name, labels in each.series.items()}
    for role, text in expositions.items():
        for found in SAMPLE.finditer(text):
            labels = re.findall(r'(\w+)="', found["labels"] or "")
            assert known[found["name"]] == frozenset(labels), (role, found[0])
    assert MAILS == _value(expositions["api"], "pillarbox_messages_accepted_total")
    sent = 'pillarbox_recipients_total{relay="default",status="sent"}'
    assert MAILS == _value(expositions["worker"], sent)
    for kind in Kind:
        assert any(each.kind is kind for each in Metrics().described)


def test_a_process_of_the_api_that_is_killed_takes_no_count_with_it(
    running: Installation, tmp_path: Path
) -> None:
    """Its files are gone, since each that is started again would leave more of them."""
    _send(running, MAILS)
    first = _processes(running)
    assert 2 == len(first)

    for killed in first:
        killed.send_signal(signal.SIGKILL)
        wait_until(partial(_is_forgotten, running, tmp_path, killed.pid), 20, "its files are gone")
    wait_until(lambda: 2 == len(_processes(running)), 20, "there are two again")

    assert MAILS == _value(_of_the_api(running), "pillarbox_messages_accepted_total")
    _send(running, 1)
    assert MAILS + 1 == _value(_of_the_api(running), "pillarbox_messages_accepted_total")


def test_the_age_of_what_waits_rises_while_no_worker_takes_it(running: Installation) -> None:
    """It is what an autoscaler adds workers for; the scheduler shows it, worker or none."""
    running.stop("worker")
    message = running.send()
    age = 'pillarbox_oldest_due_message_seconds{lane="normal"}'

    def shown(series: str) -> float:
        return _value(running.probe("scheduler", "/metrics").text, series) or 0.0

    wait_until(lambda: shown(age) > 1, 30, "it is older than a second")
    assert 1 == shown('pillarbox_due_messages{lane="normal"}')
    assert 0 == shown('pillarbox_due_messages{lane="high"}')
    running.start_worker()
    running.wait_for(message)
    wait_until(lambda: shown(age) == 0, 30, "nothing waits")


def test_readiness_names_what_each_process_stands_on(running: Installation) -> None:
    """Each with its state, so that a person need not ask which."""
    api = requests.get(f"{running.url}/readyz", timeout=10).json()
    worker = running.probe("worker", "/readyz").json()
    scheduler = running.probe("scheduler", "/readyz").json()

    up = {"status": "up", "fatal": True, "error": None}
    told = up | {"fatal": False}
    assert {"store": up, "migrations": up, "broker": up} == worker["dependencies"]
    assert {"default": "closed"} == worker["relays"]
    assert {"store": told, "migrations": told, "broker": up} == scheduler["dependencies"]
    assert {"store", "migrations", "broker", "relays", "operators_key"} == set(api["dependencies"])
    wait_until(
        lambda: (
            requests.get(f"{running.url}/readyz", timeout=10).json()["dependencies"]["relays"]
            == told
        ),
        20,
        "a worker has said how its relay is",
    )
