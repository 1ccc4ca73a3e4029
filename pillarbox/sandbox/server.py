"""The local relay: listens, keeps every mail it is given, refuses what breaks the rules."""

import asyncio
import errno
import signal
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

import structlog

from pillarbox.sandbox.certificate import Certificate
from pillarbox.sandbox.connection import Connection
from pillarbox.sandbox.limits import Limits
from pillarbox.sandbox.maildir import Maildir
from pillarbox.sandbox.sasl import Credentials
from pillarbox.sandbox.scene_memory import SceneMemory
from pillarbox.sandbox.session import Session

log = structlog.get_logger(__name__)

GRACE = 5.0
"""Seconds that sessions have to end when the relay stops; then they are cut off."""


class PortTakenError(Exception):
    """Somebody else listens there; carries `host` and `port`."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"port {port} on {host} is taken: another program listens there")
        self.host = host
        self.port = port


class SandboxRelay:
    """An SMTP submission server with STARTTLS and AUTH that keeps mails in a Maildir.

    `run()` serves until it is stopped; as a context manager it serves in a
    thread. Port 0 means any free port; `port` says which once it listens. Without
    `has_chunking` there is no BDAT, and content comes only after recipients were answered.
    Raises `PortTakenError`, or the `OSError` of a folder or an address that
    cannot be used.
    """

    def __init__(
        self,
        host: str,
        port: int,
        certificate: Certificate,
        credentials: Credentials,
        maildir: Maildir,
        *,
        limits: Limits | None = None,
        has_chunking: bool = True,
    ) -> None:
        self.host = host
        self.port = port
        self._certificate = certificate
        self._credentials = credentials
        self._maildir = maildir
        self._limits = limits or Limits()
        self._has_chunking = has_chunking
        self._memory = SceneMemory()
        self._connections: set[Connection] = set()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_wanted: asyncio.Event | None = None

    @property
    def connections(self) -> int:
        """How many sessions are open now."""
        return len(self._connections)

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until SIGTERM, SIGINT or `stop()`; `ready` is called once it listens.

        In the main thread of a process: signals reach no other one.
        """
        asyncio.run(self._serve(ready, signals=(signal.SIGTERM, signal.SIGINT)))

    def stop(self) -> None:
        """Stop serving, from any thread: sessions are told 421, mails under way are kept."""
        if self._loop is not None and self._stop_wanted is not None:
            with suppress(RuntimeError):  # the loop has closed: it has stopped already
                self._loop.call_soon_threadsafe(self._stop_wanted.set)

    def __enter__(self) -> Self:
        """Serve in a thread; returns when it listens, or raises why it cannot."""
        listening = threading.Event()
        failure: list[Exception] = []

        def serve() -> None:
            try:
                asyncio.run(self._serve(listening.set, signals=()))
            except (OSError, PortTakenError) as error:
                failure.append(error)
            finally:
                listening.set()

        self._thread = threading.Thread(target=serve, name="sandbox-relay")
        self._thread.start()
        listening.wait()
        if failure:
            self._thread.join()
            raise failure[0]
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, and wait until nothing of it is left."""
        self.stop()
        if self._thread is not None:
            self._thread.join()

    async def _serve(
        self, ready: Callable[[], None], *, signals: tuple[signal.Signals, ...]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop_wanted = asyncio.Event()
        for number in signals:
            self._loop.add_signal_handler(number, self._stop_wanted.set)
        self._maildir.prepare()
        server = await self._listen(self._certificate.server_context())
        log.info("sandbox_listening", host=self.host, port=self.port)
        try:
            ready()
            await self._stop_wanted.wait()
        finally:
            server.close()
            await self._end_sessions()
            await server.wait_closed()
            log.info("sandbox_stopped", host=self.host, port=self.port)

    async def _listen(self, context: ssl.SSLContext) -> asyncio.Server:
        try:
            server = await asyncio.get_running_loop().create_server(
                lambda: self._accept(context), self.host, self.port
            )
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTakenError(self.host, self.port) from error
            raise
        self.port = server.sockets[0].getsockname()[1]
        return server

    def _accept(self, context: ssl.SSLContext) -> Connection:
        session = Session(
            self._credentials, self._limits, self._memory, has_chunking=self._has_chunking
        )
        if len(self._connections) >= self._limits.connections:
            session.turn_away("4.3.2", "too many connections")
        return Connection(
            session,
            maildir=self._maildir,
            context=context,
            limits=self._limits,
            connections=self._connections,
        )

    async def _end_sessions(self) -> None:
        tasks = {connection.task for connection in self._connections}
        for connection in self._connections:
            connection.stop()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=GRACE)
            for connection in list(self._connections):
                connection.abort()
            await asyncio.gather(*late, return_exceptions=True)
