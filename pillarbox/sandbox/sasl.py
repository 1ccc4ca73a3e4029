"""AUTH PLAIN (RFC 4616) and LOGIN, from the server's side.

An exchange is a generator: it yields challenges, is sent responses, and returns
whether they were right. A client that brings its first response with AUTH
answers the first challenge unseen (RFC 4954 4).
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from types import MappingProxyType

from pillarbox.sandbox.refusal import Refusal

Exchange = Generator[bytes, bytes, bool]


@dataclass(frozen=True, slots=True)
class Credentials:
    """The one user who may send."""

    user: str
    password: str = field(repr=False)

    def admit(self, user: bytes, password: bytes) -> bool:
        """Whether these are the ones; takes as long when they are not."""
        right_user = hmac.compare_digest(user, self.user.encode())
        right_password = hmac.compare_digest(password, self.password.encode())
        return right_user and right_password


def plain(credentials: Credentials) -> Exchange:
    """`authzid NUL authcid NUL password`; nobody may act for somebody else."""
    response = yield b""
    parts = response.split(b"\0")
    if len(parts) != 3:  # noqa: PLR2004 - the three of RFC 4616 2
        raise malformed()
    acting_as, user, password = parts
    return acting_as in {b"", user} and credentials.admit(user, password)


def login(credentials: Credentials) -> Exchange:
    """Ask for user and password, one after the other."""
    user = yield b"Username:"
    password = yield b"Password:"
    return credentials.admit(user, password)


MECHANISMS: MappingProxyType[str, Callable[[Credentials], Exchange]] = MappingProxyType(
    {"PLAIN": plain, "LOGIN": login}
)


def decode(response: bytes) -> bytes:
    """Decode a response: `*` cancels, what is not base64 is malformed (RFC 4954 4)."""
    if response == b"*":
        raise Refusal(501, "5.7.0", "authentication cancelled")
    try:
        return base64.b64decode(response, validate=True)
    except binascii.Error:
        raise malformed() from None


def encode(challenge: bytes) -> bytes:
    """Render a challenge as the 334 that asks for the next response."""
    return b"334 " + base64.b64encode(challenge) + b"\r\n"


def malformed() -> Refusal:
    """Make the answer to a response that no mechanism reads."""
    return Refusal(501, "5.5.2", "malformed response")
