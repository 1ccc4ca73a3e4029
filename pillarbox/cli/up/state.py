"""The state directory of `pillarbox up`: what is kept there, and who may use it."""

import fcntl
import os
import secrets
import socket
import string
from pathlib import Path
from typing import IO

import click

from pillarbox.cli.client import key_file
from pillarbox.domain.key import KeyText
from pillarbox.settings import Settings

_KEY_ID_LENGTH = 12
_SECRET_LENGTH = 43
"""256 random bits in letters and digits."""


def lock(settings: Settings) -> IO[str]:
    """Take the state directory for this process alone; the lock ends with it."""
    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        file = (settings.state_dir / "up.lock").open("w", encoding="ascii")
    except OSError as error:
        raise click.ClickException(
            f"nothing can be kept in {settings.state_dir.absolute()} ({error.strerror});"
            " set PILLARBOX_STATE_DIR to a directory that can be written"
        ) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise click.ClickException(
            f"another `pillarbox up` runs on {settings.state_dir.absolute()};"
            " end it, or set PILLARBOX_STATE_DIR to another directory"
        ) from None
    return file


def keep_key(settings: Settings) -> str:
    """Return this installation's own API key, made on the first start."""
    if settings.bootstrap_key:
        return settings.bootstrap_key
    path = key_file(settings)
    if path.exists():
        text = path.read_text(encoding="ascii").strip()
        if KeyText.parse(text):
            return text
    lower = string.ascii_lowercase + string.digits
    identifier = "".join(secrets.choice(lower) for _ in range(_KEY_ID_LENGTH))
    alphabet = string.ascii_letters + string.digits
    secret = "".join(secrets.choice(alphabet) for _ in range(_SECRET_LENGTH))
    text = f"pb_{identifier}_{secret}"
    _write_secret(path, text)
    return text


def keep_password(settings: Settings) -> str:
    """Return the sandbox relay's password, made on the first start."""
    path = settings.state_dir / "sandbox-password"
    if path.exists() and (text := path.read_text(encoding="ascii").strip()):
        return text
    text = secrets.token_hex(16)
    _write_secret(path, text)
    return text


def _write_secret(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")


def refuse_taken_port(host: str, port: int, variable: str) -> None:
    """End the command if a port is taken, naming it and how to choose another."""
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise click.ClickException(f"{host}: {error.strerror}") from None
    family, kind, protocol, _, address = infos[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise click.ClickException(
                f"port {port} on {host} cannot be had ({error.strerror}):"
                f" set {variable} to another, for example {variable}={port + 1}"
            ) from None
