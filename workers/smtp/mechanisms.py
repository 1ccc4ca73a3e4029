"""Which SASL mechanism speaks for which credentials."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from workers.smtp.auth import Credentials, Login, Mechanism, Plain, TokenCredentials
from workers.smtp.scram import ScramSha256

BY_PASSWORD: Final[Mapping[str, Callable[[Credentials], Mechanism]]] = MappingProxyType(
    {"SCRAM-SHA-256": ScramSha256, "PLAIN": Plain, "LOGIN": Login}
)
"""In our order of preference; the relay's order has no meaning. CRAM-MD5 is not there: whoever
sees one exchange can guess the password at leisure, and the server cannot keep it hashed."""

XOAUTH2: Final = "XOAUTH2"


def choose_mechanisms(
    offered: tuple[str, ...], credentials: Credentials | TokenCredentials
) -> tuple[str, ...]:
    """Choose those that both sides know and the credentials are for, best first."""
    known = (XOAUTH2,) if isinstance(credentials, TokenCredentials) else tuple(BY_PASSWORD)
    return tuple(name for name in known if name in offered)
