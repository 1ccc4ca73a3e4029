from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from workers.smtp.auth import AnyCredentials
from workers.smtp.timeouts import Timeouts


class TlsPolicy(StrEnum):
    """How a connection to a relay is encrypted."""

    REQUIRED = "required"
    """STARTTLS must be offered and succeed, with a certificate that is verified (RFC 3207)."""
    IMPLICIT = "implicit"
    """TLS from the first byte, verified (RFC 8314 3.3)."""
    OPPORTUNISTIC = "opportunistic"
    """STARTTLS if it is offered and taken; see `Opener` for what happens if not."""
    NONE = "none"
    """Clear text."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """Our own certificate and its chain, and its key: files in PEM."""

    cert_file: Path
    key_file: Path
    key_password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A relay as one connection sees it; equal endpoints may share a pool, others may not.

    `ca_file` (PEM) is trusted besides the system's authorities; `client_certificate`
    is shown to a relay that asks for one. `ehlo_name` is a domain or an address
    literal; empty means the literal of our own address.
    """

    host: str
    port: int
    tls: TlsPolicy = TlsPolicy.REQUIRED
    credentials: AnyCredentials | None = None
    ca_file: Path | None = None
    client_certificate: ClientCertificate | None = None
    ehlo_name: str = ""
    timeouts: Timeouts = field(default_factory=Timeouts)

    @property
    def name(self) -> str:
        """`host:port`, an IPv6 address in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"
