"""From a host name to a session that may carry mail.

1. Opportunistic TLS: a STARTTLS that is refused leaves the session as it was, so
   it goes on in clear text, with what EHLO said (RFC 3207 4.1). A handshake that
   fails ends the connection, and there is no second try without TLS.
2. Opportunistic TLS does not verify the peer (RFC 7435), unless there are
   credentials: who gets a password must be known.
3. Credentials go over TLS, or to a loopback address; never else.
4. HELO comes only after a refused EHLO, and only where nothing is missed by it.
"""

import contextlib
import ipaddress
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from workers.smtp.auth import secrets_of
from workers.smtp.commands import STARTTLS, client_literal, ehlo, helo
from workers.smtp.connection import Connection
from workers.smtp.ending import Ending
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.errors import (
    Fault,
    FaultCode,
    InsecureError,
    LineError,
    OpeningError,
    ProtocolViolationError,
    RelayRefusedError,
    Stage,
    UnreachableError,
)
from workers.smtp.login import log_in
from workers.smtp.sockets import SocketStream, dial
from workers.smtp.timeouts import Timeouts
from workers.smtp.tls import client_context, secure
from workers.smtp.trace import OpeningStep

EHLO_UNKNOWN: Final = frozenset({500, 502, 504, 550})
"""How servers that only know HELO answer EHLO (RFC 5321 3.2, 4.2.4)."""

Dialer = Callable[[str, int, Timeouts], SocketStream]


class Opener:
    """Opens sessions with one relay; `FileRefusedError` when made with a file that is none."""

    def __init__(
        self,
        endpoint: Endpoint,
        clock: Callable[[], float] = time.monotonic,
        dialer: Dialer | None = None,
        ending: Ending | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._clock = clock
        self._dial = dialer or partial(dial, ending=ending)
        self._ending = ending
        if endpoint.ehlo_name:
            ehlo(endpoint.ehlo_name)  # an impossible name is refused before the first session
        verify = endpoint.tls is not TlsPolicy.OPPORTUNISTIC or endpoint.credentials is not None
        self._context = (
            None
            if endpoint.tls is TlsPolicy.NONE
            else client_context(
                endpoint.ca_file, verify=verify, certificate=endpoint.client_certificate
            )
        )

    def __call__(self) -> Connection:
        """Open a session; raises `OpeningError`, and leaves nothing open then."""
        endpoint = self.endpoint
        opening: list[OpeningStep] = []
        with self._timed(Stage.CONNECT, opening):
            stream = self._dial(endpoint.host, endpoint.port, endpoint.timeouts)
        if endpoint.tls is TlsPolicy.IMPLICIT:
            with self._timed(Stage.TLS, opening):
                stream = self.encrypt(stream)
        connection = Connection(stream, endpoint.name, endpoint.timeouts, self._clock, self._ending)
        connection.opening = opening
        if endpoint.credentials is not None:
            connection.hearing.secrets = secrets_of(endpoint.credentials)
        try:
            self.introduce(connection, stream)
        except OpeningError:
            connection.quit()
            raise
        except BaseException:
            connection.abort()
            raise
        return connection

    def introduce(self, connection: Connection, stream: SocketStream) -> None:
        """Talk from the greeting to AUTH; raises `OpeningError`, and leaves the closing."""
        endpoint = self.endpoint
        with self._timed(Stage.GREETING, connection.opening), _at(Stage.GREETING):
            greeting = connection.settled()
            if not greeting.is_positive:
                raise RelayRefusedError(Stage.GREETING, _refused("the greeting"), greeting)
        starts_tls = endpoint.tls in {TlsPolicy.REQUIRED, TlsPolicy.OPPORTUNISTIC}
        self._say_ehlo(connection, may_helo=endpoint.tls is not TlsPolicy.REQUIRED)
        if starts_tls and self._start_tls(connection, stream):
            self._say_ehlo(connection, may_helo=True)
        if endpoint.credentials is not None:
            with self._timed(Stage.AUTH, connection.opening), _at(Stage.AUTH):
                loopback = ipaddress.ip_address(connection.stream.peer_address).is_loopback
                encrypted = connection.stream.tls_version is not None
                log_in(connection, endpoint.credentials, may_speak=encrypted or loopback)

    def _say_ehlo(self, connection: Connection, *, may_helo: bool) -> None:
        with self._timed(Stage.EHLO, connection.opening), _at(Stage.EHLO):
            name = self.endpoint.ehlo_name or client_literal(connection.stream.local_address)
            reply = connection.call(ehlo(name))
            no_auth = self.endpoint.credentials is None
            if reply.code in EHLO_UNKNOWN and may_helo and no_auth and connection.usable:
                reply = connection.call(helo(name))
            if not reply.is_positive:
                raise RelayRefusedError(Stage.EHLO, _refused("EHLO"), reply)

    def _start_tls(self, connection: Connection, stream: SocketStream) -> bool:
        required = self.endpoint.tls is TlsPolicy.REQUIRED
        if not connection.capabilities.starttls:
            if required:
                fault = Fault(FaultCode.STARTTLS_UNAVAILABLE, "the relay does not offer STARTTLS")
                raise InsecureError(Stage.STARTTLS, fault)
            return False
        with self._timed(Stage.STARTTLS, connection.opening), _at(Stage.STARTTLS):
            reply = connection.call(STARTTLS)
            if not reply.is_positive:
                fault = Fault(FaultCode.STARTTLS_UNAVAILABLE, "the relay refused STARTTLS")
                if required:
                    raise InsecureError(Stage.STARTTLS, fault, reply)
                if not connection.usable:
                    raise RelayRefusedError(Stage.STARTTLS, _refused("STARTTLS"), reply)
                return False
        with self._timed(Stage.TLS, connection.opening):
            connection.swap_stream(self.encrypt(stream))
        with _at(Stage.TLS):
            connection.check_quiet()
        return True

    def encrypt(self, stream: SocketStream) -> SocketStream:
        """Begin TLS as the policy says; raises `OpeningError`, and the stream is closed then."""
        if self._context is None:
            raise InsecureError(Stage.TLS, Fault(FaultCode.TLS_FAILURE, "the policy is no TLS"))
        return secure(
            stream,
            self._context,
            self.endpoint.host,
            timeout=self.endpoint.timeouts.tls_handshake,
            clock=self._clock,
            ending=self._ending,
        )

    @contextlib.contextmanager
    def _timed(self, stage: Stage, opening: list[OpeningStep]) -> Iterator[None]:
        """Note how long a step took that came to its end."""
        since = self._clock()
        yield
        opening.append(OpeningStep(stage, (self._clock() - since) * 1000))


@contextlib.contextmanager
def _at(stage: Stage) -> Iterator[None]:
    """Say of a broken conversation at which stage of the opening it broke."""
    try:
        yield
    except LineError as error:
        if stage is Stage.STARTTLS and isinstance(error, ProtocolViolationError):
            # bytes behind the 220 would have been taken for what TLS protects (RFC 3207 6)
            raise InsecureError(stage, error.fault) from error
        raise UnreachableError(stage, error.fault) from error


def _refused(what: str) -> Fault:
    return Fault(FaultCode.REFUSED, f"the relay refused {what}")
