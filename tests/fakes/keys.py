from dataclasses import dataclass, field, replace
from datetime import datetime

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.ids import KeyId
from pillarbox.domain.key import ApiKey


@dataclass
class FakeKeyStore:
    """Keys in a dictionary; `away` makes it fail as a real one does."""

    keys: dict[KeyId, ApiKey] = field(default_factory=dict)
    away: bool = False

    def find(self, key: KeyId) -> ApiKey | None:
        if self.away:
            raise StoreUnavailableError
        return self.keys.get(key)

    def add(self, key: ApiKey) -> bool:
        return self.keys.setdefault(key.id, key) is key

    def all(self) -> list[ApiKey]:
        return sorted(self.keys.values(), key=lambda key: key.created_at, reverse=True)

    def revoke(self, key: KeyId, at: datetime) -> bool:
        known = self.keys.get(key)
        if known is None or known.revoked_at is not None:
            return False
        self.keys[key] = replace(known, revoked_at=at)
        return True
