"""A relay: the next hop we submit to, and how (RFC 6409, RFC 8314)."""

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

DEFAULT_RELAY = "default"
"""The name of the relay that is given by URL alone."""


class TlsPolicy(StrEnum):
    """When a connection to a relay is encrypted; the words are the URL's schemes."""

    REQUIRED = "smtp+starttls"
    """STARTTLS must be offered and succeed, and the certificate must be verified."""
    IMPLICIT = "smtps"
    """TLS from the first byte (RFC 8314 3.3); verified."""
    OPPORTUNISTIC = "smtp+opportunistic"
    """STARTTLS if it is offered; the certificate is not verified (RFC 7435)."""
    NONE = "smtp"
    """In the clear; AUTH only to a loopback address."""


_DEFAULT_PORTS = {
    TlsPolicy.REQUIRED: 587,
    TlsPolicy.IMPLICIT: 465,
    TlsPolicy.OPPORTUNISTIC: 25,
    TlsPolicy.NONE: 25,
}


class RelayUrlError(ValueError):
    """A relay's URL that cannot be used; says why, without its password."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user and a password for AUTH (RFC 4954)."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Relay:
    """One relay. `ca_file` is a further trusted CA; `max_connections` is for one process."""

    name: str
    host: str
    port: int
    tls: TlsPolicy
    credentials: Credentials | None = None
    ca_file: Path | None = None
    max_connections: int = 8
    max_messages_per_connection: int = 500
    max_connection_age: float = 300.0
    idle_timeout: float = 5.0

    def __post_init__(self) -> None:
        """Refuse to send credentials in the clear to another machine."""
        if self.tls is TlsPolicy.NONE and self.credentials and not is_loopback(self.host):
            raise RelayUrlError(
                "smtp:// would send the password in the clear;"
                " use smtp+starttls:// or smtps:// (or no user)"
            )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its literal name or address; nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_relay_url(
    url: str,
    *,
    name: str = DEFAULT_RELAY,
    ca_file: Path | None = None,
    max_connections: int = 8,
    max_messages_per_connection: int = 500,
    idle_timeout: float = 5.0,
) -> Relay:
    """Read `scheme://user:password@host:port`; raises `RelayUrlError`.

    User and password are percent-encoded. The port defaults to the scheme's:
    587, 465 or 25.
    """
    parts = urlsplit(url)
    schemes = [policy.value for policy in TlsPolicy]
    if parts.scheme not in schemes:
        raise RelayUrlError(
            f"the scheme {parts.scheme or '(none)'!r} is not one of {', '.join(schemes)}"
        )
    policy = TlsPolicy(parts.scheme)
    try:
        port = parts.port or _DEFAULT_PORTS[policy]
    except ValueError:
        raise RelayUrlError("the port is not a number from 1 to 65535") from None
    if not parts.hostname:
        raise RelayUrlError("it names no host")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise RelayUrlError("nothing may follow the host and port")
    if (parts.username is None) != (parts.password is None):
        raise RelayUrlError("a user wants a password, and a password a user")
    credentials = None
    if parts.username is not None and parts.password is not None:
        credentials = Credentials(unquote(parts.username), unquote(parts.password))
    return Relay(
        name=name,
        host=parts.hostname,
        port=port,
        tls=policy,
        credentials=credentials,
        ca_file=ca_file,
        max_connections=max_connections,
        max_messages_per_connection=max_messages_per_connection,
        idle_timeout=idle_timeout,
    )
