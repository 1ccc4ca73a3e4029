"""Whether a real server is installed, and what a test does without it.

With `CI=true` a missing server fails the test that needs it; elsewhere the test
is skipped, and the end of the run says so loudly.
"""

import os
import shutil
from pathlib import Path

import pytest

missing: dict[str, str] = {}
"""What tests asked for and did not find: the server, and why."""

REAL_SERVERS = frozenset(
    {
        "aiosmtpd_relay",
        "browser",
        "exim_relay",
        "opensmtpd_relay",
        "postfix_relay",
        "postgres_database",
        "postgres_server",
        "promtool",
        "redis_server",
        "smtp_sink",
    }
)
"""The fixtures of fixtures.py: a test that asks for one of them is `real`."""

SYSTEM_FOLDERS = ("/usr/sbin", "/sbin", "/usr/local/sbin")
"""Where servers live that an ordinary user's PATH does not name."""


def in_ci() -> bool:
    """Whether this run must not skip."""
    return os.environ.get("CI", "").lower() == "true"


def find(program: str, *folders: str | Path) -> Path | None:
    """Find a program in these folders, on PATH, or where Debian keeps servers."""
    path = os.pathsep.join(
        [*map(str, folders), os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS]
    )
    found = shutil.which(program, path=path)
    return Path(found) if found else None


def lacking(server: str, why: str) -> None:
    """Skip the test that needs this server, or fail it where nothing may be skipped."""
    missing[server] = why
    line = f"{server}: {why}"
    if in_ci():
        pytest.fail(f"real server missing and CI=true: {line}", pytrace=False)
    pytest.skip(f"real server missing: {line}")


def require(server: str, program: str, *folders: str | Path) -> Path:
    """Return the program's path, or be `lacking` its server."""
    found = find(program, *folders)
    if found is None:
        lacking(server, f"no {program} here; as root on Debian: tools/install_servers.sh")
        raise AssertionError("lacking() always ends the test")
    return found
