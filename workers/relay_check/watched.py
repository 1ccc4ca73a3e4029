"""Openings that are looked at: what a session showed before it could be used, or could not."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from workers.relay_check.certificate import CertificateFacts, certificate_of
from workers.smtp.capabilities import NOTHING, Capabilities
from workers.smtp.connection import Connection
from workers.smtp.ending import Ending
from workers.smtp.endpoint import Endpoint
from workers.smtp.errors import Fault, FaultCode, InsecureError, OpeningError, Stage
from workers.smtp.opening import Opener
from workers.smtp.sockets import SocketStream, dial
from workers.smtp.timeouts import Timeouts
from workers.smtp.tls import client_context, secure
from workers.smtp.trace import Step

_SEEN: Final = Fault(FaultCode.STOPPED, "the certificate was seen")


@dataclass(slots=True)
class Opened:
    """What an opening showed, whether it succeeded; `None` for what did not come.

    `connected`, `shaken` and `lasted` are milliseconds: of the connecting, of the
    handshake, and of all up to the end or the failure.
    """

    connected: float | None = None
    shaken: float | None = None
    lasted: float = 0.0
    steps: tuple[Step, ...] = ()
    capabilities: Capabilities = NOTHING
    tls_version: str | None = None
    tls_cipher: str | None = None
    certificate: CertificateFacts | None = None


class WatchedOpener(Opener):
    """Opens a session as a worker does, and keeps in `seen` what it showed."""

    def __init__(
        self, endpoint: Endpoint, clock: Callable[[], float], ending: Ending | None = None
    ) -> None:
        super().__init__(endpoint, clock, self._dial_watched, ending)
        self.seen = Opened()
        self._now = clock
        self._began = 0.0

    def __call__(self) -> Connection:
        """Open it; see `Opener`."""
        self._began = self._now()
        return super().__call__()

    def introduce(self, connection: Connection, stream: SocketStream) -> None:
        """Keep what was said, before QUIT is said to a session that failed."""
        try:
            super().introduce(connection, stream)
        finally:
            self.seen.lasted = self._since(self._began)
            self.seen.steps = tuple(connection.hearing.steps)
            self.seen.capabilities = connection.capabilities

    def encrypt(self, stream: SocketStream) -> SocketStream:
        """Time the handshake, and keep what it showed."""
        since = self._now()
        try:
            secured = super().encrypt(stream)
        finally:
            self.seen.shaken = self._since(since)
            self.seen.lasted = self._since(self._began)
        self.seen.tls_version, self.seen.tls_cipher = secured.tls_version, secured.tls_cipher
        self.seen.certificate = certificate_of(secured)
        return secured

    def _dial_watched(self, host: str, port: int, timeouts: Timeouts) -> SocketStream:
        since = self._now()
        try:
            return dial(host, port, timeouts, ending=self._ending)
        finally:
            self.seen.connected = self._since(since)

    def _since(self, moment: float) -> float:
        return (self._now() - moment) * 1_000


class CertificateOpener(Opener):
    """Looks at a certificate without trusting it, and ends with the handshake.

    Nothing is said over that connection. It shows no credentials and no
    certificate of ours: who is at the other end is not known.
    """

    def __init__(
        self, endpoint: Endpoint, clock: Callable[[], float], ending: Ending | None = None
    ) -> None:
        nobody = replace(endpoint, credentials=None, client_certificate=None)
        super().__init__(nobody, clock, ending=ending)
        self.certificate: CertificateFacts | None = None
        self._now = clock

    def look(self) -> CertificateFacts | None:
        """Return what the relay shows; None if it comes to no handshake this time."""
        with contextlib.suppress(OpeningError):
            self().abort()
        return self.certificate

    def encrypt(self, stream: SocketStream) -> SocketStream:
        """Shake hands with whoever it is, and go."""
        timeout = self.endpoint.timeouts.tls_handshake
        context = client_context(verify=False)
        secured = secure(
            stream,
            context,
            self.endpoint.host,
            timeout=timeout,
            clock=self._now,
            ending=self._ending,
        )
        try:
            self.certificate = certificate_of(secured)
        finally:
            secured.close()
        raise InsecureError(Stage.TLS, _SEEN)
