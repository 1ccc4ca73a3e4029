"""API keys: what a caller may do, and as whom (RFC 6750 carries them)."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pillarbox.domain.address import Address, SenderPattern
from pillarbox.domain.ids import KEY_PREFIX, KeyId

KEY_PATTERN = re.compile(r"pb_([a-z0-9]{8,40})_([A-Za-z0-9]{32,256})")
"""`pb_<id>_<secret>`; 32 letters and digits are 190 bits, more than can be guessed."""


class Scope(StrEnum):
    """What a key may do."""

    SEND = "send"
    READ = "read"
    """What its own key accepted."""
    CONTENT = "content"
    """Bodies."""
    MANAGE = "manage"
    """All of it, for every key."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the store knows it: without its secret, of which only the SHA-256 is kept."""

    id: KeyId
    name: str
    scopes: frozenset[Scope]
    senders: tuple[SenderPattern, ...]
    secret_sha256: bytes
    created_at: datetime
    revoked_at: datetime | None = None

    def may(self, scope: Scope) -> bool:
        """Whether the key has `scope`, of itself or through `manage`."""
        return scope in self.scopes or Scope.MANAGE in self.scopes

    def may_send_as(self, address: Address) -> bool:
        """Whether one of the key's senders permits `address`; none listed means none."""
        return any(pattern.permits(address) for pattern in self.senders)


@dataclass(frozen=True, slots=True)
class KeyText:
    """The two parts of a whole key as its holder presents it."""

    id: KeyId
    secret_sha256: bytes

    @classmethod
    def parse(cls, text: str) -> "KeyText | None":
        """Read `pb_<id>_<secret>`; anything else is no key."""
        match = KEY_PATTERN.fullmatch(text)
        if match is None:
            return None
        suffix, secret = match.groups()
        return cls(KeyId(f"{KEY_PREFIX}_{suffix}"), hashlib.sha256(secret.encode()).digest())
