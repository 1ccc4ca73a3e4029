"""What tools/unpack_mail_servers.sh and unpack_promtool.sh have unpacked, and where it is."""

import os
from pathlib import Path

from tests.servers.presence import lacking

CACHE = Path(os.environ.get("TEST_SERVERS_CACHE", "/var/cache/pillarbox-tests"))


def require_unpacked(server: str, program: str) -> Path:
    """Return the program's path in the cache, or be `lacking` its server."""
    if os.geteuid() != 0:
        lacking(server, "only root can start it")
    path = CACHE / program
    if not path.exists():
        lacking(server, f"no {path} here; as root on Debian: tools/install_servers.sh")
    return path
