"""The folder in which the processes of one server keep their counts, for whichever is asked.

1. A process that ends leaves its files behind. What they count is added to the
   file of the dead, and they are removed: counters go on, and the folder does
   not grow with each process that was started again.
2. That is done by whoever started the process, and never while somebody reads:
   a sum that falls for a moment looks like a restart of everything.
3. A gauge of a process that has ended is gone with it.
4. Whoever starts processes waits for no reader that hangs: then the files stay,
   and are counted where they lie.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Read by prometheus-client when it is first imported, which must be after it is set."""

_LOCK = "lock"
_ADDED = ("counter", "histogram")
_DEAD = "dead"
"""In place of a process's id."""

PATIENCE_SECONDS = 1.0
"""Reading takes milliseconds."""


def empty(folder: Path) -> None:
    """Make a folder, without what others may have left there."""
    folder.mkdir(parents=True, exist_ok=True)
    for left_behind in folder.glob("*.db"):
        left_behind.unlink()


@contextmanager
def being_read(folder: Path) -> Iterator[None]:
    """Keep the folder as it is for as long as the block runs; several may read."""
    with _lock_of(folder) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield


def forget_process(folder: Path, pid: int) -> None:
    """Keep what a process has counted, now that it has ended, and nothing else of it."""
    with _lock_of(folder) as descriptor:
        if not _taken(descriptor):
            return
        for kind in _ADDED:
            _add(folder / f"{kind}_{pid}.db", folder / f"{kind}_{_DEAD}.db")
        for left_behind in folder.glob(f"*_{pid}.db"):
            left_behind.unlink()


def _add(dead: Path, total: Path) -> None:
    # Imported here: it chooses its files when it is first imported, after the folder is set.
    from prometheus_client import mmap_dict  # noqa: PLC0415

    if not dead.exists():
        return
    file: Any = mmap_dict.MmapedDict  # has no annotations
    with closing(file(str(dead), read_mode=True)) as found, closing(file(str(total))) as sums:
        for key, value, timestamp in found.read_all_values():
            sums.write_value(key, sums.read_value(key)[0] + value, timestamp)


@contextmanager
def _lock_of(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.01)  # a lock on a file cannot be waited for with a limit
        else:
            return True
