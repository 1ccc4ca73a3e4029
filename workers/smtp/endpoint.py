from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from workers.smtp.auth import Credentials, TokenCredentials
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
class Endpoint:
    """A relay as one connection sees it; equal endpoints may share a pool, others may not.

    `ca_file` (PEM) is trusted besides the system's authorities. `ehlo_name` is
    a domain or an address literal; empty means the literal of our own address.
    """

    host: str
    port: int
    tls: TlsPolicy = TlsPolicy.REQUIRED
    credentials: Credentials | TokenCredentials | None = None
    ca_file: Path | None = None
    ehlo_name: str = ""
    timeouts: Timeouts = field(default_factory=Timeouts)

    @property
    def name(self) -> str:
        """`host:port`, an IPv6 address in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"
