"""A server over fakes in a process of its own, and its answers as octets."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from tests.fakes.services import PUBLIC_URL
from tests.ports import LOOPBACK, answers, free_port
from tests.waiting import wait_until


@dataclass
class Running:
    """A server that listens, and the key that it takes."""

    port: int
    key: str
    process: subprocess.Popen[str]

    def say(self, *pieces: bytes) -> bytes:
        """Open a connection, send these octets, and read until the server closes it."""
        with socket.create_connection((LOOPBACK, self.port), timeout=20) as connection:
            for piece in pieces:
                connection.sendall(piece)
            heard = b""
            while octets := connection.recv(65536):
                heard += octets
            return heard

    def post(self, *header: bytes) -> bytes:
        """Write the head of a POST that closes its connection."""
        lines = [
            b"POST /v1/messages HTTP/1.1",
            b"Host: x",
            b"Authorization: Bearer " + self.key.encode(),
            b"Content-Type: application/json",
            b"Connection: close",
            *header,
        ]
        return b"\r\n".join(lines) + b"\r\n\r\n"


@contextmanager
def running(home: Path) -> Iterator[Running]:
    """Start a server of four threads whose home is this folder, and end it."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.server", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "HOME": str(home), "TMPDIR": str(home)},
    )
    try:
        assert process.stdout is not None
        key = process.stdout.readline().strip()
        wait_until(lambda: answers(port))
        yield Running(port, key, process)
        process.terminate()
        assert 0 == process.wait(20)
        assert [] == left_behind(home)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def left_behind(folder: Path) -> list[Path]:
    """Return the files that an ended server should not have left."""
    return [path for path in folder.rglob("*") if path.is_file()]


def read_answer(connection: socket.socket) -> bytes:
    """Read one answer of `/livez` from a connection that stays open."""
    heard = b""
    while not heard.endswith(b'{"live":true}'):
        octets = connection.recv(65536)
        assert octets, heard
        heard += octets
    return heard


def problem(heard: bytes) -> tuple[int, str]:
    """Return status and slug of the one answer that was heard, having checked its form."""
    head, _, body = heard.partition(b"\r\n\r\n")
    text = head.decode()
    assert 1 == heard.count(b"HTTP/1.1 ")
    assert re.search(r"(?im)^content-type: application/problem\+json\r?$", text)
    document = orjson.loads(body)
    [request_id] = re.findall(r"(?im)^x-request-id: (\S+)\r?$", text)
    assert request_id == document["request_id"]
    status = int(text.split(" ")[1])
    assert status == document["status"]
    assert document["type"].startswith(f"{PUBLIC_URL}/problems/")
    return status, document["type"].rpartition("/")[2]
