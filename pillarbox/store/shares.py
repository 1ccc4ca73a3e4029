"""Whose deliveries a claim takes, and how many of each: fairness by key.

1. Each key with something due has an equal share, and what some leave of theirs goes
   to those that have more: a claim is full if as much is due.
2. Nothing that a key has is counted or read beyond its share.
3. Of more keys than a claim takes messages, the next claim begins where this one ended.
"""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection

from pillarbox.flows.ports.claims import Errand
from pillarbox.store.claim_statements import KEY_OF_TAKEN, ClaimStatements


class Rounds:
    """The keys of each errand, from claim to claim; one for all threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[Errand, str] = {}

    def next(
        self,
        connection: Connection,
        errand: Errand,
        statements: ClaimStatements,
        wanted: Mapping[str, Any],
        most: int,
    ) -> list[str]:
        """List the next keys with something due, at most so many; fewer are all that there are."""

        def look(after: str, most: int) -> list[str]:
            asked = {**wanted, "over": errand.over, "after": after, "most": most}
            return [key for (key,) in statements.due_keys.rows(connection, asked)]

        with self._lock:
            after = self._last.get(errand, "")
        keys = look(after, most)
        if after and len(keys) < most:
            keys += (key for key in look("", most - len(keys)) if key <= after)
        with self._lock:
            self._last[errand] = keys[-1] if len(keys) == most else ""
        return keys


class Shares:
    """Takes what is due of keys into one claim; `taken` says how many deliveries."""

    def __init__(
        self, connection: Connection, statements: ClaimStatements, wanted: Mapping[str, Any]
    ) -> None:
        self._connection = connection
        self._statements = statements
        self._wanted = wanted
        self.taken = 0

    def take(self, keys: Sequence[str], limit: int) -> bool:
        """Take at most `limit`; whether more may be due, of these keys or of others."""
        others = len(keys) >= limit
        asked = keys
        while keys and self.taken < limit:
            asked, keys = keys, self._take(keys, limit - self.taken)
        return others or (self.taken == limit and self._more(asked))

    def _take(self, keys: Sequence[str], most: int) -> list[str]:
        """Take a share of each, at most so many; return those that had it whole."""
        share = max(1, most // len(keys))
        values = {"keys": _listed(keys), "share": share, "most": most, "first": self.taken}
        rows = self._statements.take.rows(self._connection, {**self._wanted, **values})
        self.taken += len(rows)
        of_key = Counter(row[KEY_OF_TAKEN] for row in rows)
        return [key for key in keys if of_key[key] >= share]

    def _more(self, keys: Sequence[str]) -> bool:
        wanted = {**self._wanted, "keys": _listed(keys)}
        [[more]] = self._statements.more_due.rows(self._connection, wanted)
        return bool(more)


def _listed(keys: Sequence[str]) -> str:
    return orjson.dumps(keys).decode()
