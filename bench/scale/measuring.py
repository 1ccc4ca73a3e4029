"""The store's operations, timed one after the other as a worker and a caller do them."""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

from bench import mail
from bench.errors import BenchError
from bench.scale.filling import key_id, message_id, tag
from pillarbox.domain.ids import KeyId, MessageId
from pillarbox.flows.ports.acceptance import Acceptance
from pillarbox.flows.ports.claims import Errand
from pillarbox.flows.ports.reading import MessageFilter
from pillarbox.store.acceptance import SqlAcceptanceStore
from pillarbox.store.claims import SqlClaimStore
from pillarbox.store.engine import Database
from pillarbox.store.reading import SqlMessageReader
from tests.contract.mail import ROUTE, all_settled, message

BATCH = 50
ROUNDS = 10
"""Of claims and acceptances, each of a batch."""
QUESTIONS = 50
"""Of each kind, about messages that are chosen by chance."""
PAGE = 50
LEASE = timedelta(minutes=5)

Times = dict[str, float]
"""Milliseconds by operation: the median."""


@dataclass(frozen=True, slots=True)
class _Stores:
    acceptance: SqlAcceptanceStore
    claims: SqlClaimStore
    reader: SqlMessageReader


def measure(url: str, size: int) -> Times:
    """Time every operation on a store that was filled up to a size; raises `BenchError`."""
    with closing(Database(url, connections=2)) as database:
        stores = _Stores(
            SqlAcceptanceStore(database), SqlClaimStore(database), SqlMessageReader(database)
        )
        _carry(stores)  # the first time prepares statements
        times: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for name, seconds in _carry(stores):
                times.setdefault(name, []).append(seconds)
        chance = random.Random(size)  # noqa: S311 - the same questions in each run
        for _ in range(QUESTIONS):
            number = chance.randrange(2 * PAGE, size)  # so that a page before it is full
            for name, ask in _questions(stores, number):
                times.setdefault(name, []).append(_seconds(ask))
    return {name: statistics.median(each) * 1000 for name, each in times.items()}


def _carry(stores: _Stores) -> list[tuple[str, float]]:
    """Accept a batch, and claim and settle another: what waits stays as much as it was."""
    batch = [Acceptance(message()) for _ in range(BATCH)]
    accepted = _seconds(lambda: stores.acceptance.accept(batch))
    began = time.perf_counter()
    claim = stores.claims.claim(Errand.usual(ROUTE), worker="bench", lease=LEASE, limit=BATCH)
    claimed = time.perf_counter() - began
    if claim is None or len(claim.deliveries) != BATCH:
        raise BenchError(f"a claim of {BATCH} took {len(claim.deliveries) if claim else 0}")
    settlements = all_settled(claim)
    settled = _seconds(lambda: stores.claims.settle(claim.id, settlements))
    return [
        (f"accept {BATCH}", accepted),
        (f"claim {BATCH}", claimed),
        (f"settle {BATCH}", settled),
    ]


def _questions(stores: _Stores, number: int) -> Iterator[tuple[str, Callable[[], object]]]:
    """Ask what callers ask, about a message or from it on."""
    reader, key, at = stores.reader, KeyId(key_id(number)), MessageId(message_id(number))

    def page(before: MessageId | None = None, **wanted: object) -> Callable[[], object]:
        chosen = MessageFilter(**wanted)  # type: ignore[arg-type]  # of the names that it has
        return lambda: reader.messages(chosen, limit=PAGE, before=before)

    yield "status query", lambda: reader.message(at, key)
    yield f"first page of {PAGE}", page()
    yield "page further on", page(before=at)
    yield "by recipient", page(key_id=key, recipient=mail.recipient(number))
    yield "by tag", page(tags=(tag(number),))
    yield "failed ones", page(status="failed")


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began
