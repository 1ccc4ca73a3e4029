"""A session with a socket around it.

Octets are kept back in this object, never in a stream's own buffer: at STARTTLS
what came in clear is dropped in the same step that hands the socket to TLS, so
that nothing of it can be read afterwards (RFC 3207 4.2).
"""

import asyncio
import ssl
from contextlib import suppress
from typing import assert_never, cast

import structlog

from pillarbox.sandbox.limits import Limits
from pillarbox.sandbox.maildir import Maildir, Submission
from pillarbox.sandbox.session import Session
from pillarbox.sandbox.steps import Close, Cut, Keep, Say, StartTls, Wait

log = structlog.get_logger(__name__)

ENOUGH = 256 * 1024
"""Octets received and not yet read at which reading pauses."""

GROUP = 16 * 1024
"""Octets of replies that are gathered before they are sent, at most (RFC 2920 3.2)."""

LINGER = 1.0
"""Seconds that a peer which was still speaking has to read why it was cut off. Closing
with octets unread resets the connection, and a reset can overtake the reply."""

GOODBYE = 2.0
"""Seconds for a peer to close its side of TLS, and for the last octets to leave."""


class Connection(asyncio.Protocol):
    """Drives one session from accept to close; as long as it lasts it is one of `connections`."""

    def __init__(
        self,
        session: Session,
        *,
        maildir: Maildir,
        context: ssl.SSLContext,
        limits: Limits,
        connections: set["Connection"],
    ) -> None:
        self._session = session
        self._maildir = maildir
        self._context = context
        self._limits = limits
        self._connections = connections
        self._received = bytearray()
        self._unsent = bytearray()
        self._something_happened = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._is_lost = asyncio.Event()
        self._has_ended = False
        self._is_stopping = False
        self._is_secure = False

    # what the loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the session; TLS that starts later does not call this again."""
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)
        self.task = asyncio.get_running_loop().create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        """Keep what came for the session."""
        self._received += data
        if len(self._received) >= ENOUGH:
            self._transport.pause_reading()
        self._something_happened.set()

    def eof_received(self) -> bool:
        """Note that the peer will say no more; in clear it may still want our replies."""
        self._has_ended = True
        self._something_happened.set()
        return not self._is_secure

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that there is no peer any more."""
        if exc:
            log.debug("sandbox_connection_lost", error=str(exc))
        self._has_ended = True
        self._is_lost.set()
        self._may_write.set()
        self._something_happened.set()

    def pause_writing(self) -> None:
        """Note that the peer does not read."""
        self._may_write.clear()

    def resume_writing(self) -> None:
        """Note that it reads again."""
        self._may_write.set()

    # what we do

    def stop(self) -> None:
        """End the session at its next step, with 421; a mail that is being kept is kept."""
        self._is_stopping = True
        self._something_happened.set()

    def abort(self) -> None:
        """End the connection at once, whatever is under way."""
        self._transport.abort()

    async def _serve(self) -> None:
        try:
            await self._converse()
        except (ConnectionError, TimeoutError, ssl.SSLError) as error:
            log.info("sandbox_session_broken", error=repr(error))
        finally:
            await self._close()
            self._connections.discard(self)

    async def _converse(self) -> None:
        while not self._is_lost.is_set():
            step = self._session.next_step()
            if step is None:
                await self._flush()
                await self._read()
                if self._has_ended and not self._received:
                    return
                self._hand_over()
            elif isinstance(step, Close | Cut):
                await self._end(step)
                return
            else:
                await self._do(step)

    async def _do(self, step: Say | Keep | StartTls | Wait) -> None:
        match step:
            case Say(octets):
                await self._say(octets)
            case Keep(submission):
                await self._keep(submission)
            case StartTls():
                await self._start_tls()
            case Wait(seconds):
                await self._wait(seconds)
            case _:
                assert_never(step)

    async def _end(self, step: Close | Cut) -> None:
        await self._flush()
        if isinstance(step, Cut):
            self._transport.abort()
        elif step.is_abrupt:
            await self._linger()

    async def _say(self, octets: bytes) -> None:
        self._unsent += octets
        if len(self._unsent) >= GROUP:
            await self._flush()

    async def _keep(self, submission: Submission) -> None:
        try:
            queue_id = await asyncio.to_thread(self._maildir.keep, submission)
        except OSError as error:
            log.warning("sandbox_mail_not_kept", error=str(error))
            self._session.not_kept()
        else:
            log.info("sandbox_mail_kept", queue_id=queue_id)
            self._session.kept(queue_id)

    async def _read(self) -> None:
        """Wait for octets, for the end, or for the time in which neither came."""
        if not (self._received or self._has_ended or self._is_stopping):
            self._something_happened.clear()
            try:
                async with asyncio.timeout(self._limits.idle):
                    await self._something_happened.wait()
            except TimeoutError:
                self._session.farewell("4.4.2", f"nothing said for {self._limits.idle:g} s")
        if self._is_stopping:
            self._session.farewell("4.3.2", "the relay is stopping")

    async def _wait(self, seconds: float) -> None:
        """Let time pass; a peer that goes and a relay that stops end it."""
        await self._flush()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not (self._has_ended or self._is_stopping):
                    self._something_happened.clear()
                    await self._something_happened.wait()

    def _hand_over(self) -> None:
        self._session.feed(bytes(self._received))
        self._received.clear()
        self._transport.resume_reading()

    async def _flush(self) -> None:
        if self._unsent:
            self._transport.write(bytes(self._unsent))
            self._unsent.clear()
        async with asyncio.timeout(self._limits.idle):
            await self._may_write.wait()

    async def _start_tls(self) -> None:
        loop = asyncio.get_running_loop()
        await self._flush()
        self._is_secure = True
        if self._received:
            raise ConnectionAbortedError("octets in clear after STARTTLS")
        transport = await loop.start_tls(
            self._transport,
            self,
            self._context,
            server_side=True,
            ssl_handshake_timeout=self._limits.handshake,
            ssl_shutdown_timeout=GOODBYE,
        )
        if transport is None:
            raise ConnectionAbortedError("the peer left during the handshake")
        self._transport = transport
        self._session.tls_started()

    async def _linger(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while not self._has_ended:
                    self._received.clear()
                    self._transport.resume_reading()
                    self._something_happened.clear()
                    await self._something_happened.wait()

    async def _close(self) -> None:
        for end in (self._transport.close, self._transport.abort):
            end()
            with suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE):
                    await self._is_lost.wait()
                return
