"""Which SASL mechanism speaks for which credentials."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, assert_never

from workers.smtp.auth import (
    AnyCredentials,
    CertificateCredentials,
    Credentials,
    Login,
    Mechanism,
    Plain,
    TokenCredentials,
)
from workers.smtp.scram import ScramSha256

BY_PASSWORD: Final[Mapping[str, Callable[[Credentials], Mechanism]]] = MappingProxyType(
    {"SCRAM-SHA-256": ScramSha256, "PLAIN": Plain, "LOGIN": Login}
)
"""In our order of preference; the relay's order has no meaning. CRAM-MD5 is not there: whoever
sees one exchange can guess the password at leisure, and the server cannot keep it hashed."""

XOAUTH2: Final = "XOAUTH2"
EXTERNAL: Final = "EXTERNAL"


def choose_mechanisms(offered: tuple[str, ...], credentials: AnyCredentials) -> tuple[str, ...]:
    """Choose those that both sides know and the credentials are for, best first."""
    return tuple(name for name in known_mechanisms(credentials) if name in offered)


def known_mechanisms(credentials: AnyCredentials) -> tuple[str, ...]:
    """List those that the credentials are for, best first."""
    match credentials:
        case TokenCredentials():
            return (XOAUTH2,)
        case CertificateCredentials():
            return (EXTERNAL,)
        case Credentials(mechanism=pinned):
            return tuple(name for name in BY_PASSWORD if pinned in {"", name})
        case _:
            assert_never(credentials)
