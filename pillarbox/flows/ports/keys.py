from datetime import datetime
from typing import Protocol

from pillarbox.domain.ids import KeyId
from pillarbox.domain.key import ApiKey


class KeyStore(Protocol):
    """API keys."""

    def find(self, key: KeyId) -> ApiKey | None:
        """Look a key up, revoked or not."""

    def add(self, key: ApiKey) -> bool:
        """Store a key; False if one with its id is there already."""

    def all(self) -> list[ApiKey]:
        """Every key, newest first."""

    def revoke(self, key: KeyId, at: datetime) -> bool:
        """Revoke a key; False if there is none that is not revoked."""
