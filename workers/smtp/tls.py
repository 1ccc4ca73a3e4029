import contextlib
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

from workers.smtp.ending import Ending
from workers.smtp.endpoint import ClientCertificate
from workers.smtp.errors import (
    ConnectionLostError,
    Fault,
    FaultCode,
    FileRefusedError,
    InsecureError,
    Stage,
    UnreachableError,
)
from workers.smtp.sockets import LOOK_SECONDS, SocketStream

RECORD_OCTETS: Final = 16_384
"""The most that one record carries (RFC 8446 5.1, RFC 5246 6.2.1)."""

_WANTS: Final = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


def client_context(
    ca_file: Path | None = None,
    *,
    verify: bool = True,
    certificate: ClientCertificate | None = None,
) -> ssl.SSLContext:
    """Make a context for relays: TLS 1.2 at least, certificate and host name verified.

    `ca_file` (PEM) is trusted besides the system's authorities, `certificate`
    shown to a relay that asks for one. Without `verify` the peer may be anybody
    (RFC 7435): against listeners only. Raises `FileRefusedError`.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False  # RFC 9525: names are in the SAN
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:
            raise FileRefusedError("ca_file", ca_file, _why(error)) from None
    if certificate is not None:
        _load(context, certificate)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _load(context: ssl.SSLContext, certificate: ClientCertificate) -> None:
    """Load our own certificate; what is wrong is told by the file that is to blame."""
    cert_file, key_file = certificate.cert_file, certificate.key_file
    for field, path in (("client_cert_file", cert_file), ("client_key_file", key_file)):
        try:
            path.read_bytes()
        except OSError as error:
            raise FileRefusedError(field, path, _why(error)) from None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=cert_file)
    except OSError as error:
        raise FileRefusedError("client_cert_file", cert_file, _why(error)) from None
    try:
        # a password is always given: without one OpenSSL would ask at the terminal
        context.load_cert_chain(cert_file, key_file, password=lambda: certificate.key_password)
    except OSError as error:
        raise FileRefusedError("client_key_file", key_file, _why(error)) from None


def _why(error: OSError) -> str:
    """Say what is wrong with a file, in one line."""
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "").replace("_", " ").lower()
        return reason or "is no PEM that OpenSSL can use with this password"
    return error.strerror or str(error)


def secure(
    stream: SocketStream,
    context: ssl.SSLContext,
    host: str,
    *,
    timeout: float,
    clock: Callable[[], float],
    ending: Ending | None = None,
) -> "TlsStream":
    """Begin TLS on a connection, all of it within `timeout` seconds.

    SNI and verification use `host`, the configured name. Raises `InsecureError`,
    or `UnreachableError` once the process has to end; the socket is closed then,
    as nothing may follow on it (RFC 3207 4.1).
    """
    try:
        wrapped = context.wrap_socket(
            stream.socket, server_hostname=host, do_handshake_on_connect=False
        )
    except (OSError, ValueError) as error:
        stream.close()
        raise _failed(str(error)) from error
    secured = TlsStream(wrapped)
    try:
        _shake_hands(secured, timeout, clock, ending or Ending())
    except BaseException:
        secured.close()
        raise
    return secured


def _shake_hands(
    secured: "TlsStream", timeout: float, clock: Callable[[], float], ending: Ending
) -> None:
    deadline = clock() + timeout
    while not secured.shake_hands():
        now = clock()
        if now >= ending.at:
            detail = "this process ends, and the handshake did not come to its end"
            raise UnreachableError(Stage.TLS, Fault(FaultCode.STOPPED, detail))
        left = deadline - now
        if left <= 0:
            raise _failed(f"no handshake within {timeout:g} s")
        secured.wait(write=False, timeout=min(left, LOOK_SECONDS))


class TlsStream(SocketStream):
    """A TLS connection as a `Stream`.

    What `send` took is in whole records with the system. A record of which only
    a part could be written is not taken: without its end the peer cannot open it.
    So each write is of one record: of several in one, the first may have reached
    the peer when the whole write is said to have failed (SSL_write(3)), and a
    message that the peer took would be sent again.
    """

    def __init__(self, wrapped: ssl.SSLSocket) -> None:
        super().__init__(wrapped)
        self._tls = wrapped
        self._wants_room = False

    def shake_hands(self) -> bool:
        """Take the handshake as far as it goes now; True when it is done."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._wants_room = False
            return False
        except ssl.SSLWantWriteError:
            self._wants_room = True
            return False
        except ssl.SSLCertVerificationError as error:
            raise _failed(f"certificate: {error.verify_message}") from error
        except OSError as error:
            raise _failed(error.strerror or str(error)) from error
        self._wants_room = False
        self.tls_version = self._tls.version()
        cipher = self._tls.cipher()
        self.tls_cipher = cipher[0] if cipher else None
        return True

    def send(self, data: bytes | memoryview) -> int:
        """Hand bytes over; see `Stream`."""
        taken, size = 0, len(data)
        try:
            while taken < size:
                taken += self._tls.send(data[taken : taken + RECORD_OCTETS])
        except _WANTS:
            return taken
        except OSError as error:
            if taken:
                return taken  # the next call meets the same end
            raise ConnectionLostError(f"while writing: {error.strerror or error}") from error
        return taken

    def receive(self, size: int) -> bytes | None:
        """Return what has arrived; see `Stream`. An end without close_notify is an end."""
        try:
            return self._tls.recv(size)
        except _WANTS:
            return None
        except ssl.SSLEOFError:
            return b""
        except OSError as error:
            raise ConnectionLostError(f"while reading: {error.strerror or error}") from error

    def wait(self, *, write: bool, timeout: float) -> bool:
        """Wait for the socket, but not for what is decrypted already."""
        if self._tls.pending():
            return True
        return super().wait(write=write or self._wants_room, timeout=timeout)

    def close(self, *, politely: bool = False) -> None:
        """Close; `politely` with a close_notify that nobody waits for."""
        if politely:
            with contextlib.suppress(OSError, ValueError):
                self._tls.unwrap()
        with contextlib.suppress(OSError):
            self._tls.close()


def _failed(detail: str) -> InsecureError:
    return InsecureError(Stage.TLS, Fault(FaultCode.TLS_FAILURE, detail))
