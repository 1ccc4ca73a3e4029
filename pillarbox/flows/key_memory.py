"""Keys that were looked up a moment ago, so that not each request asks the store.

1. Only who presented the right secret is remembered. A wrong one is looked up in
   the store like an unknown id, so that time does not tell the two apart.
2. What is remembered was true at most `REMEMBERED_SECONDS` ago, counted from
   before the store was asked: so long may a key that was revoked in another
   process still be taken.
3. Who changes a key in this process forgets all of them afterwards; an answer
   that the store gave before that is not remembered after it.
"""

import hmac
import threading
from collections.abc import Callable
from typing import NamedTuple

from pillarbox.domain.ids import KeyId
from pillarbox.domain.key import ApiKey, KeyText

REMEMBERED_SECONDS = 1.0
"""A lookup costs as much as the rest of a request; one a second costs nothing."""
MAX_REMEMBERED = 10_000
"""Keys in use within a second; beyond, memory is worth more than lookups."""


class Asking(NamedTuple):
    """When the store was asked, in seconds, and how often all had been forgotten by then."""

    at: float
    generation: int


class KeyMemory:
    """The keys of one process's callers; `monotonic` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._known: dict[KeyId, tuple[ApiKey, float]] = {}
        self._generation = 0
        self._turn = threading.Lock()

    def recall(self, presented: KeyText) -> ApiKey | None:
        """Return the key if it presented this very secret a moment ago."""
        key, until = self._known.get(presented.id, (None, 0.0))
        if key is None or self._monotonic() >= until:
            return None
        matches = hmac.compare_digest(key.secret_sha256, presented.secret_sha256)
        return key if matches else None

    def asking(self) -> Asking:
        """Note that the store is about to be asked."""
        return Asking(self._monotonic(), self._generation)

    def remember(self, key: ApiKey, asking: Asking) -> None:
        """Keep a key that the store gave and whose holder presented its secret."""
        with self._turn:
            if asking.generation != self._generation:
                return
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[key.id] = (key, asking.at + REMEMBERED_SECONDS)

    def forget(self) -> None:
        """Forget every key: one of them was changed."""
        with self._turn:
            self._generation += 1
            self._known.clear()
