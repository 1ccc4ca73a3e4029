"""What a run was measured on."""

import os
import platform
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from tests.servers.folder import ServerFolder

SYNCS = 50


@dataclass(frozen=True, slots=True)
class Machine:
    """Cores that this process may use, versions, and what a durable write costs."""

    cores: int
    processor: str
    system: str
    python: str
    sync_ms: float
    """Median of `fdatasync` after 4 KB, where the databases are."""

    def __str__(self) -> str:
        return (
            f"{self.cores} cores ({self.processor}), {self.system}, Python {self.python},"
            f" fdatasync {self.sync_ms:.2f} ms"
        )


def this_machine() -> Machine:
    """Look at this machine, and write a little to its disk."""
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        processor=_processor(),
        system=_system(),
        python=platform.python_version(),
        sync_ms=_sync_ms(),
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def _sync_ms() -> float:
    folder = ServerFolder("bench-sync")
    try:
        with (folder.path / "file").open("wb", buffering=0) as file:
            return statistics.median(_one_sync(file.fileno()) for _ in range(SYNCS))
    finally:
        folder.remove()


def _one_sync(descriptor: int) -> float:
    os.write(descriptor, bytes(4096))
    started = time.perf_counter()
    os.fdatasync(descriptor)
    return (time.perf_counter() - started) * 1000
