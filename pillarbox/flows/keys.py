"""API keys: who is calling, and how keys come and go."""

import hashlib
import hmac
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass

from pillarbox.domain.address import SenderPattern
from pillarbox.domain.errors import NotFoundError, UnauthenticatedError
from pillarbox.domain.ids import KEY_PREFIX, KeyId
from pillarbox.domain.key import ApiKey, KeyText, Scope
from pillarbox.flows.key_memory import KeyMemory
from pillarbox.flows.ports.keys import KeyStore
from pillarbox.flows.ports.surroundings import Clock

_SECRET_ALPHABET = string.ascii_letters + string.digits
_SECRET_LENGTH = 43
"""43 of 62 letters hold 256 random bits."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made, with the whole text that its holder presents; shown once."""

    key: ApiKey
    text: str


class Keyring:
    """The use cases around keys; `memory` saves asking the store for each request."""

    def __init__(self, store: KeyStore, clock: Clock, memory: KeyMemory) -> None:
        self._store = store
        self._clock = clock
        self._memory = memory

    def authenticate(self, text: str) -> ApiKey:
        """Return the key that `text` is the whole of, or raise `UnauthenticatedError`."""
        presented = KeyText.parse(text)
        if presented is None:
            raise UnauthenticatedError
        remembered = self._memory.recall(presented)
        if remembered is not None:
            return remembered
        asking = self._memory.asking()
        known = self._store.find(presented.id)
        # An unknown id is compared too, so that time does not tell it from a wrong secret.
        expected = known.secret_sha256 if known else bytes(len(presented.secret_sha256))
        matches = hmac.compare_digest(expected, presented.secret_sha256)
        if known is None or not matches or known.revoked_at is not None:
            raise UnauthenticatedError
        self._memory.remember(known, asking)
        return known

    def recall(self, text: str) -> ApiKey | None:
        """Return the key that `text` is the whole of, if that was so a moment ago; asks nobody."""
        presented = KeyText.parse(text)
        return None if presented is None else self._memory.recall(presented)

    def create(
        self,
        suffix: str,
        *,
        name: str,
        scopes: frozenset[Scope],
        senders: Sequence[SenderPattern],
    ) -> NewKey:
        """Make and store a key with a fresh secret; `suffix` is the id without its prefix."""
        secret = "".join(secrets.choice(_SECRET_ALPHABET) for _ in range(_SECRET_LENGTH))
        key = ApiKey(
            id=KeyId(f"{KEY_PREFIX}_{suffix}"),
            name=name,
            scopes=scopes,
            senders=tuple(senders),
            secret_sha256=hashlib.sha256(secret.encode()).digest(),
            created_at=self._clock(),
        )
        self._store.add(key)
        return NewKey(key, f"pb_{suffix}_{secret}")

    def bootstrap(self, text: KeyText) -> None:
        """See that the operator's own key is there, with every scope and any sender.

        A key of that id that is there already is left as it is, revoked or not.
        """
        self._store.add(
            ApiKey(
                id=text.id,
                name="bootstrap",
                scopes=frozenset(Scope),
                senders=(SenderPattern("*"),),
                secret_sha256=text.secret_sha256,
                created_at=self._clock(),
            )
        )

    def all(self) -> list[ApiKey]:
        """Every key, newest first, without secrets."""
        return self._store.all()

    def revoke(self, key: KeyId) -> None:
        """End a key's life; raises `NotFoundError` if none that lives has this id.

        This process takes it no more; another one that remembers it does for a second at most.
        """
        revoked = self._store.revoke(key, self._clock())
        self._memory.forget()
        if not revoked:
            raise NotFoundError("key", key)
