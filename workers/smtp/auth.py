"""SASL mechanisms (RFC 4954): what they say, never how it travels.

1. A mechanism is tried only over an encrypted connection or a loopback one;
   whoever drives this module decides that before the first byte.
2. 504 and 534 speak of the mechanism: the next one is tried. Everything else
   speaks of the account, and nothing else is tried: each further try counts as a
   wrong password and locks it, and a server that gets SCRAM refused by 535 and then
   is told the password by PLAIN may be one that only wanted to hear it. Where a
   server offers what it cannot do, and says 535 to it, the mechanism is set by hand.
3. No secret is in any repr.
"""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from pillarbox.domain.reply import Reply
from workers.smtp.errors import SmtpError

TRY_ANOTHER: Final = frozenset({504, 534})
"""Mechanism not known (RFC 5321), mechanism too weak (RFC 4954 6)."""

CANCEL: Final = b"*"
EMPTY_INITIAL: Final = b"="
"""An initial response of no octets, which nothing would leave out (RFC 4954 4)."""

MAX_EXCHANGES: Final = 8
"""No mechanism has more than four; a server that goes on asking is not serious."""

REDACTED: Final = "[redacted]"

MIN_SECRET: Final = 3
"""Characters; a shorter one is no secret, and cutting it out would garble every text."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to the relay; with a `mechanism` by no other than that."""

    username: str
    password: str = field(repr=False)
    mechanism: str = ""


class TokenSource(Protocol):
    """Where bearer tokens come from; for many threads."""

    def __call__(self, refused: str = "") -> str:
        """Return a token that is valid now, and another one than `refused`.

        Raises `TokenUnavailableError`.
        """


@dataclass(frozen=True, slots=True)
class TokenCredentials:
    """Who we are to a relay that wants tokens in place of a password."""

    username: str
    token: TokenSource = field(repr=False)


@dataclass(frozen=True, slots=True)
class CertificateCredentials:
    """Who we are is what the client certificate says, and nothing else."""


AnyCredentials: TypeAlias = Credentials | TokenCredentials | CertificateCredentials


class TokenUnavailableError(SmtpError):
    """There is no token to be had; `is_transient`: there may be one later."""

    def __init__(self, detail: str, *, is_transient: bool) -> None:
        super().__init__(detail)
        self.detail = detail
        self.is_transient = is_transient


class ExchangeError(SmtpError):
    """The server's part of an exchange is nothing to go on with; `str()` says why."""


class Mechanism(Protocol):
    """One SASL exchange, from the client's side, in plain octets."""

    def initial(self) -> bytes | None:
        """Return the initial response; None if the server speaks first."""

    def respond(self, challenge: bytes) -> bytes:
        """Return the response to a challenge; `ExchangeError` if it is none."""

    def conclude(self) -> None:
        """Raise `ExchangeError` if the server's yes is not to be believed."""


class Plain:
    """RFC 4616: everything in one response."""

    def __init__(self, credentials: Credentials) -> None:
        self._message = f"\0{credentials.username}\0{credentials.password}".encode()

    def initial(self) -> bytes | None:
        """Say it at once."""
        return self._message

    def respond(self, challenge: bytes) -> bytes:
        """Say it when asked, whatever the challenge (it is empty by the RFC)."""
        del challenge
        return self._message

    def conclude(self) -> None:
        """Believe the relay: TLS has shown who it is."""


class Login:
    """Never standardised: the name, then the password, whatever the prompts say."""

    def __init__(self, credentials: Credentials) -> None:
        self._answers = [credentials.username.encode(), credentials.password.encode()]

    def initial(self) -> bytes | None:
        """Wait for the first prompt: not all servers take the name with the command."""
        return None

    def respond(self, challenge: bytes) -> bytes:
        """Answer in turn; prompts come in every spelling, or empty."""
        del challenge
        return self._answers.pop(0) if self._answers else b""

    def conclude(self) -> None:
        """Believe the relay: TLS has shown who it is."""


class External:
    """RFC 4422 A: TLS has shown who we are, and we are to act as just that."""

    def initial(self) -> bytes | None:
        """Name no other identity to act as."""
        return b""

    def respond(self, challenge: bytes) -> bytes:
        """Name none when asked either."""
        del challenge
        return b""

    def conclude(self) -> None:
        """Believe the relay: TLS has shown who it is."""


def encode_initial(response: bytes) -> bytes:
    """Encode an initial response for the AUTH line."""
    return base64.b64encode(response) or EMPTY_INITIAL


def encode_response(response: bytes) -> bytes:
    """Encode a response that stands alone on its line."""
    return base64.b64encode(response)


def decode_challenge(reply: Reply) -> bytes:
    """Return a 334's challenge; empty if it is no base64 (prompts in clear text exist)."""
    try:
        return base64.b64decode(reply.text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def secrets_of(credentials: AnyCredentials, token: str = "") -> tuple[str, ...]:
    """List every form in which a secret travels, so that an echo of it can be cut out."""
    if isinstance(credentials, CertificateCredentials):
        return ()
    if isinstance(credentials, TokenCredentials):
        secret, whole = token, f"user={credentials.username}\x01auth=Bearer {token}\x01\x01"
    else:
        secret = credentials.password
        whole = f"\0{credentials.username}\0{secret}"
    encoded = [base64.b64encode(form.encode()).decode("ascii") for form in (whole, secret)]
    return tuple(form for form in (*encoded, secret) if len(form) >= MIN_SECRET) if secret else ()


def redact(text: str, secrets: tuple[str, ...]) -> str:
    """Cut secrets out of what a server said: some echo the command that they refuse."""
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    return text
