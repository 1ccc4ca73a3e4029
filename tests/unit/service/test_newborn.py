"""A worker process is told once that it is to end, perhaps before it has a handler for it."""

import os
import subprocess
import sys
from pathlib import Path

from pillarbox.observe.shared_folder import FOLDER_VARIABLE
from tests.ports import free_port


def test_a_worker_process_that_is_told_at_its_birth_ends(tmp_path: Path) -> None:
    """Its parent's handler took the signal and did nothing; it was killed half a minute later."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.unit.service.newborn", str(free_port())],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {FOLDER_VARIABLE: str(tmp_path)},
    ) as server:
        assert server.stdout is not None
        try:
            said = server.stdout.readline().strip()
            server.terminate()

            assert ("ends", 0) == (said, server.wait(60))
        finally:
            server.kill()
