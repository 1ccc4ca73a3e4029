"""Modules of this project, started as the processes of a system."""

import http.client
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.ports import LOOPBACK
from tests.servers.installation import clean_environment
from tests.servers.process import ServerProcess

LAST_LINES = 12
"""Of each log, shown when a measurement has failed."""


def start_module(
    module: str,
    *arguments: str,
    log: Path,
    variables: Mapping[str, str],
    ready: tuple[int, str] | None = None,
) -> ServerProcess:
    """Start `python -m module`, and wait until `ready` (port and path) answers 200.

    It sees our environment without any setting of Pillarbox, and `variables`.
    """
    return ServerProcess(
        [sys.executable, "-m", module, *arguments],
        log=log,
        answers=lambda: ready is None or _is_ready(*ready),
        environment={**clean_environment(), **variables},
    )


def last_words(folder: Path) -> str:
    """Return the end of each log under a folder."""
    logs = [path for path in sorted(folder.rglob("*.log")) if path.is_file()]
    return "\n".join(
        "\n".join([f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-LAST_LINES:]])
        for log in logs
    )


def _is_ready(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
