"""The real servers of the tests, set up and asked as a measurement needs them."""

import re

import psutil

from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer
from tests.servers.smtp_sink import SmtpSink

SESSIONS = "1000"
"""More than any system here opens at a time; smtp-sink's own bound is 256."""

_COUNTER = re.compile(rb"mesg=(\d+)\s")
_TAIL = 4096


class Sink(SmtpSink):
    """An smtp-sink that counts; it offers no TLS, so no system pays for it."""

    def __init__(self) -> None:
        super().__init__("-c", "-m", SESSIONS)

    @property
    def process(self) -> psutil.Process:
        """Its process."""
        return psutil.Process(self._process.pid)

    @property
    def messages(self) -> int:
        """How many it has answered with 250: the last that it printed (smtp-sink(1), `-c`)."""
        log = self._folder.path / "log"
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL))
            found = _COUNTER.findall(file.read())
        return int(found[-1]) if found else 0


class Database(PostgresServer):
    """A PostgreSQL that writes every commit to disk, with one empty database."""

    def __init__(self) -> None:
        super().__init__(durable=True)

    @property
    def process(self) -> psutil.Process:
        """The process that all others of the server are children of."""
        return psutil.Process(self._process.pid)


class Broker(RedisServer):
    """A Redis that keeps nothing on disk."""

    @property
    def process(self) -> psutil.Process:
        """Its process."""
        return psutil.Process(self._process.pid)
