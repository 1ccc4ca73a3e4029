"""The counts of several processes are one, and outlive those that made them."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pillarbox.observe import shared_folder
from pillarbox.observe.shared_folder import FOLDER_VARIABLE, being_read, empty, forget_process

ROOT = Path(__file__).resolve().parents[4]
COUNT = """
import os, sys
from pillarbox.domain.relay_state import ConnectionCounts, RelayState
from pillarbox.observe.metrics import Metrics
from pillarbox.observe.observer import LoggingObserver
metrics = Metrics()
observer = LoggingObserver(metrics)
observer.relay_configured("default", 8)
observer.relay_looked_at("default", RelayState(in_use=3), ConnectionCounts())
metrics.wakeups_received.inc()
metrics.attempt_seconds.labels("default").observe(0.5)
print(os.getpid())
"""
READ = """
from pillarbox.observe.metrics import Metrics
metrics = Metrics()
print(metrics.render()[0].decode())
"""


def _run(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, FOLDER_VARIABLE: str(folder)},
        cwd=ROOT,
    )
    return done.stdout


def _shown(folder: Path) -> list[str]:
    return _run(READ, folder).splitlines()


def test_processes_are_summed_whichever_is_asked(tmp_path: Path) -> None:
    """Gunicorn's processes, and the workers of `pillarbox up`."""
    for _ in range(2):
        _run(COUNT, tmp_path)

    shown = _shown(tmp_path)

    assert "pillarbox_wakeups_received_total 2.0" in shown
    assert 'pillarbox_relay_connections{relay="default",state="in_use"} 6.0' in shown


def test_what_a_process_counted_stays_and_its_files_go(tmp_path: Path) -> None:
    """With each process that ends, or a server that restarts its own would fill the disk."""
    first, second = (int(_run(COUNT, tmp_path)) for _ in range(2))
    before = len(list(tmp_path.glob("*.db")))

    forget_process(tmp_path, first)
    forget_process(tmp_path, second)
    shown = _shown(tmp_path)
    for _ in range(2):
        forget_process(tmp_path, int(_run(COUNT, tmp_path)))

    assert [] == [name for name in tmp_path.glob("*.db") if str(first) in name.name]
    assert "pillarbox_wakeups_received_total 2.0" in shown
    assert 'pillarbox_attempt_seconds_sum{relay="default"} 1.0' in shown
    assert 'pillarbox_attempt_seconds_count{relay="default"} 2.0' in shown
    assert not any(line.startswith("pillarbox_relay_connections{") for line in shown)
    assert "pillarbox_wakeups_received_total 4.0" in _shown(tmp_path)
    readers = len(list(tmp_path.glob("*.db")))
    assert readers < before + 6  # the dead's two files, and those of this test's two readers


def test_what_it_counted_is_never_missing_while_somebody_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sum that falls for a moment is taken for a restart, and counted twice from then on."""
    monkeypatch.setattr(shared_folder, "PATIENCE_SECONDS", 0.0)
    pid = int(_run(COUNT, tmp_path))

    with being_read(tmp_path):
        forget_process(tmp_path, pid)
        assert (tmp_path / f"counter_{pid}.db").exists()
    forget_process(tmp_path, pid)

    assert not (tmp_path / f"counter_{pid}.db").exists()


def test_several_read_at_once(tmp_path: Path) -> None:
    """A second Prometheus waits for nobody."""
    with being_read(tmp_path), (tmp_path / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)


def test_what_others_left_behind_is_removed_at_the_start(tmp_path: Path) -> None:
    """Their counts are another life's."""
    folder = tmp_path / "metrics"
    empty(folder)
    _run(COUNT, folder)

    empty(folder)

    assert [] == list(folder.glob("*.db"))
