"""What can go wrong in a conversation with a relay, cut by whose fault it is.

1. A `Fault` is ours to tell: what we found ourselves. It is never dressed up as
   a server's reply.
2. `OpeningError` speaks about the relay or about us, never about a message.
3. `LineError` ends the connection; what it means for a message depends on how
   far the message had come, and is said in its result.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pillarbox.domain.reply import Reply


class FaultCode(StrEnum):
    """What this library can find by itself; stable, and shown to callers."""

    DNS_FAILURE = "dns_failure"
    """The relay's name has no address."""
    CONNECT_REFUSED = "connect_refused"
    """No address of the relay took the connection."""
    CONNECT_TIMEOUT = "connect_timeout"
    """No address of the relay answered in time."""
    STARTTLS_UNAVAILABLE = "starttls_unavailable"
    """TLS is required, and the relay does not offer or refuses STARTTLS (RFC 3207)."""
    TLS_FAILURE = "tls_failure"
    """The handshake failed, or the certificate is not to be trusted."""
    AUTH_UNAVAILABLE = "auth_unavailable"
    """Credentials are configured and no mechanism may be used on this connection."""
    REFUSED = "refused"
    """The relay said no while the session was opened; its reply stands beside."""
    TIMEOUT = "timeout"
    """A reply or the taking of data did not come in time."""
    CONNECTION_LOST = "connection_lost"
    """The connection ended before the end of data."""
    REPLY_LOST = "reply_lost"
    """The data may have ended and its verdict did not come: nobody knows (RFC 5321 6.1)."""
    PROTOCOL_ERROR = "protocol_error"
    """What came was no SMTP reply, an impossible one, or answered nothing."""
    TOO_LARGE = "too_large"
    """Larger than the relay's SIZE (RFC 1870)."""
    SMTPUTF8_UNAVAILABLE = "smtputf8_unavailable"
    """Needs SMTPUTF8, which the relay does not offer (RFC 6531)."""
    EIGHT_BIT_UNAVAILABLE = "eight_bit_unavailable"
    """8-bit content, and the relay does not offer 8BITMIME (RFC 6152)."""
    INVALID_ARGUMENT = "invalid_argument"
    """An address or a content that must not go on the wire."""
    STOPPED = "stopped"
    """The caller withdrew before the end of data."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What we found ourselves: a stable code, and a sentence for a person."""

    code: FaultCode
    detail: str


class Stage(StrEnum):
    """How far the opening of a session had come."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    TLS = "tls"
    AUTH = "auth"


class SmtpError(Exception):
    """The base of everything that this library raises on purpose."""


class ArgumentRefusedError(SmtpError):
    """A command's argument must not go on the wire: our caller's fault, no byte was sent."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class FileRefusedError(SmtpError):
    """A file that a relay needs cannot be used; `field` says which of them it is."""

    def __init__(self, field: str, path: Path, reason: str) -> None:
        super().__init__(f"{field}: {path}: {reason}")
        self.field = field
        self.path = path
        self.reason = reason


class ConversationError(SmtpError):
    """A command was asked out of turn: a mistake of this program, no byte was sent."""


class LineError(SmtpError):
    """The conversation cannot go on; the connection is closed and never used again."""

    code = FaultCode.CONNECTION_LOST

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.fault = Fault(self.code, detail)


class ConnectionLostError(LineError):
    """The peer or the network ended the connection."""


class TimedOutError(LineError):
    """The peer did not do its part within the phase's deadline."""

    code = FaultCode.TIMEOUT


class ProtocolViolationError(LineError):
    """The peer does not speak SMTP, or said something that answers nothing."""

    code = FaultCode.PROTOCOL_ERROR


class OutOfStepError(ProtocolViolationError):
    """A reply is left over: which of those before it answered what is not known any more."""


class StoppedError(LineError):
    """The caller withdrew; the data was not ended."""

    code = FaultCode.STOPPED


class PoolClosedError(SmtpError):
    """No connection is lent any more: our own end has begun."""


class OpeningError(SmtpError):
    """No session could be opened: the relay's fault or ours, never a message's.

    `stage` is how far it came, `fault` what we found, `reply` what the relay
    said if it said it. Credentials are in none of them.
    """

    def __init__(self, stage: Stage, fault: Fault, reply: Reply | None = None) -> None:
        super().__init__(f"{stage}: {fault.code}: {fault.detail}")
        self.stage = stage
        self.fault = fault
        self.reply = reply


class UnreachableError(OpeningError):
    """The network's: no address, no connection, or lost, late or garbled before it was open."""


class RelayRefusedError(OpeningError):
    """The relay's: it does not want this client now (greeting, EHLO)."""


class InsecureError(OpeningError):
    """The relay's or the path's: no TLS to be had, or none to be trusted."""


class AuthFailedError(OpeningError):
    """Ours: the credentials were refused, or no mechanism may carry them."""
