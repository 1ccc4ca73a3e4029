"""A relay: the next hop we submit to, and how (RFC 6409, RFC 8314)."""

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pillarbox.domain.relay_timeouts import RelayTimeouts

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


class AuthMechanism(StrEnum):
    """The SASL mechanisms that a relay can be held to, instead of the best that it offers."""

    PLAIN = "PLAIN"
    LOGIN = "LOGIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    XOAUTH2 = "XOAUTH2"
    """By a token."""
    EXTERNAL = "EXTERNAL"
    """By the client certificate, whose name the relay knows (RFC 4422 A)."""


class RelayUrlError(ValueError):
    """A relay's URL that cannot be used; says why, without its password."""


class RelayFieldError(ValueError):
    """A field of a relay that does not go with the others; `str()` begins with its name."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user and a password for AUTH (RFC 4954)."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What shows a relay within TLS who we are: PEM files, the chain behind the certificate."""

    cert_file: Path
    key_file: Path
    key_password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """By what right tokens are had for AUTH; a `url` that would send secrets in clear is refused.

    A refresh token's (RFC 6749 6), or without one the client's own credentials (4.4).
    """

    url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""

    def __post_init__(self) -> None:
        """Raise `RelayUrlError` for clear text to another machine."""
        parts = urlsplit(self.url)
        if not parts.hostname or not (
            parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
        ):
            raise RelayUrlError("a token endpoint is an https URL")


@dataclass(frozen=True, slots=True)
class Relay:
    """One relay, as it is configured; ages and times in seconds.

    `weight` and `priority` are RFC 2782's: the lowest priority first, and among
    equals a share by weight. `max_connections` is for all processes together,
    and `rate` too, in messages a second. `ca_file` is a further trusted CA. With
    a `token` the user logs in by XOAUTH2, and has no password. `auth` holds it to
    one mechanism.
    """

    name: str
    host: str
    port: int
    tls: TlsPolicy
    credentials: Credentials | None = None
    ca_file: Path | None = None
    weight: int = 1
    priority: int = 0
    max_connections: int = 8
    max_messages_per_connection: int = 500
    max_connection_age: float = 300.0
    idle_timeout: float = 5.0
    rate: float | None = None
    token: TokenGrant | None = None
    auth: AuthMechanism | None = None
    client_certificate: ClientCertificate | None = None
    timeouts: RelayTimeouts = field(default_factory=RelayTimeouts)

    def __post_init__(self) -> None:
        """Refuse credentials in the clear to another machine, and what does not go together."""
        if self.tls is TlsPolicy.NONE and self.credentials and not is_loopback(self.host):
            raise RelayUrlError(
                "smtp:// would send the password in the clear;"
                " use smtp+starttls:// or smtps:// (or no user)"
            )
        if self.client_certificate and self.tls is TlsPolicy.NONE:
            raise RelayFieldError("client_cert_file", "is shown within TLS, and smtp:// has none")
        if self.auth is not None and (problem := self._auth_problem(self.auth)):
            raise RelayFieldError("auth", problem)

    def _auth_problem(self, auth: AuthMechanism) -> str:
        if auth is AuthMechanism.EXTERNAL:
            if self.client_certificate is None:
                return "EXTERNAL speaks of a client certificate, and there is none"
            return "EXTERNAL names nobody but the certificate" if self.credentials else ""
        if self.credentials is None:
            return f"{auth} wants a user, and the URL names none"
        if (auth is AuthMechanism.XOAUTH2) != (self.token is not None):
            return f"{auth} and the token do not go together" if self.token else "it wants a token"
        return ""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its literal name or address; nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_relay_url(url: str, *, name: str = DEFAULT_RELAY, password: str | None = None) -> Relay:
    """Read `scheme://user:password@host:port`; raises `RelayUrlError`.

    User and password are percent-encoded. The port defaults to the scheme's:
    587, 465 or 25. `password` is one that comes from elsewhere, as it is; the
    URL then names the user only.
    """
    try:
        parts = urlsplit(url)
        hostname = parts.hostname
    except ValueError:  # its own words quote the URL
        raise RelayUrlError("is not a URL") from None
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
    if not hostname:
        raise RelayUrlError("it names no host")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise RelayUrlError("nothing may follow the host and port")
    if password is not None and parts.password is not None:
        raise RelayUrlError("there are two passwords, one of them in the URL")
    if password is None and parts.password is not None:
        password = unquote(parts.password)
    if bool(parts.username) != (password is not None):
        raise RelayUrlError("a user wants a password, and a password a user")
    credentials = None
    if parts.username and password is not None:
        credentials = Credentials(unquote(parts.username), password)
    return Relay(name, hostname, port, policy, credentials)
