"""Workers that live or die, sweeps and callers at the same messages at once: what is true then."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

from pillarbox.domain.address import Address
from pillarbox.domain.errors import NothingToCancelError, NothingToRetryError
from pillarbox.domain.ids import MessageId
from pillarbox.domain.outcome import Sent
from pillarbox.domain.retry import OnUncertain, RetrySchedule
from pillarbox.domain.status import RecipientStatus, Standing, message_status
from pillarbox.flows.ports.claims import Claim, ClaimedDelivery, DeliverySettlement, Errand
from pillarbox.flows.settle import Bookkeeper, Circumstances
from pillarbox.flows.sweep import Sweeper
from pillarbox.store.ids import new_batch_id
from tests.contract.mail import BOUNCED, DEFERRED, LOST, ROUTE, SENT, message
from tests.contract.revising import caller, make_reviser
from tests.contract.stores import LONG, OVER, Stores
from tests.fakes.categories import other
from tests.fakes.deliveries import FakeWaker
from tests.waiting import wait_until

MESSAGES, ROUNDS, SEED = 5, 60, 20261123
NAMES = tuple(Address(name, "x.test") for name in ("ada", "bob", "cy"))
BOOKS = Bookkeeper(RetrySchedule(timedelta(seconds=1), timedelta(seconds=1)), other, lambda: 0.5)
BATCH, ALL_AT_ONCE = new_batch_id(), 0.1
OUTCOMES = (SENT, DEFERRED, DEFERRED, BOUNCED, LOST)

Dice = random.Random


class Crowd:
    """Everybody who is at it; `taken` counts how often the relay took a message for somebody."""

    def __init__(self, stores: Stores, ids: list[MessageId]) -> None:
        self._stores = stores
        self._ids = ids
        self.taken: Counter[tuple[str, int]] = Counter()

    def work(self, dice: Dice) -> None:
        """Claim and settle, and now and then die with a claim, before or after the mark."""
        dies = dice.random() < 0.15
        claim = self._stores.claims.claim(
            Errand.usual(ROUTE), worker="one", lease=OVER if dies else LONG, limit=3
        )
        if claim is not None and not dies:
            self.settle(claim, lambda: dice.choice(OUTCOMES))

    def settle(self, claim: Claim, outcome: Callable[[], object]) -> None:
        """Settle in two groups, as a worker does."""
        half = len(claim.deliveries) // 2
        for group in (claim.deliveries[:half], claim.deliveries[half:]):
            settlements = [self._settled(claim, each, outcome) for each in group]
            assert not group or self._stores.claims.settle(claim.id, settlements).held

    def _settled(
        self, claim: Claim, delivery: ClaimedDelivery, outcome: Callable[[], object]
    ) -> DeliverySettlement:
        outcomes = tuple(outcome() for _ in delivery.recipients)
        for state, each in zip(delivery.states, outcomes, strict=True):
            self.taken[delivery.message_id, state.position] += isinstance(each, Sent)
        at = Circumstances("default", claim.claimed_at, claim.claimed_at)
        return BOOKS.attempted(delivery, outcomes, at)  # type: ignore[arg-type]  # one of OUTCOMES

    def sweep(self, _dice: Dice) -> None:
        """Do the scheduler's round."""
        Sweeper(
            store=self._stores.claims, waker=FakeWaker(), bookkeeper=BOOKS, worker="s", lease=LONG
        )()

    def cancel(self, dice: Dice) -> None:
        """Cancel any message, and now and then all of them."""
        reviser = make_reviser(self._stores)
        with suppress(NothingToCancelError):
            if dice.random() < ALL_AT_ONCE:
                reviser.cancel_batch(BATCH, caller())
            reviser.cancel(dice.choice(self._ids), caller())

    def retry(self, dice: Dice) -> None:
        """Retry any message, for anybody or everybody."""
        named = dice.sample(NAMES, dice.choice((0, 1, 2)))
        with suppress(NothingToRetryError):
            make_reviser(self._stores).retry(dice.choice(self._ids), caller(), named)

    def drain(self) -> bool:
        """Let workers carry what is due, and sweeps find the dead; whether nothing is left."""
        self.sweep(Dice(0))
        claim = self._stores.claims.claim(Errand.usual(ROUTE), worker="last", lease=LONG, limit=9)
        if claim is not None:
            self.settle(claim, lambda: SENT)
        return self._stores.count("deliveries") == 0


def _astray(stores: Stores) -> list[object]:
    """Find deliveries that are due for nobody, or not when somebody is, and who waits in vain."""
    wrong = stores.ask(
        "SELECT d.message_id, d.part FROM deliveries AS d WHERE d.claim_id IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM recipients AS r WHERE r.message_id = d.message_id"
        " AND r.part = d.part AND r.next_attempt_at IS NOT NULL)"
    )
    late = stores.ask(
        "SELECT d.message_id, d.part FROM deliveries AS d WHERE d.claim_id IS NULL"
        " AND d.due_at > (SELECT min(r.next_attempt_at) FROM recipients AS r"
        " WHERE r.message_id = d.message_id AND r.part = d.part)"
    )
    vain = stores.ask(
        "SELECT r.message_id, r.position FROM recipients AS r WHERE r.next_attempt_at IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.message_id = r.message_id"
        " AND d.part = r.part)"
    )
    return [*wrong, *late, *vain]


def test_nobody_is_forgotten_doubled_or_sent_to_after_all(stores: Stores) -> None:
    """Whoever changes what, in whatever order: the books are those of the recipients."""
    kinds = (OnUncertain.RETRY, OnUncertain.HOLD)
    sent = [
        message(*map(str, NAMES), on_uncertain=kinds[number % 2], batch_id=BATCH)
        for number in range(MESSAGES)
    ]
    stores.accept(*sent)
    crowd = Crowd(stores, [each.id for each in sent])
    roles = (crowd.work, crowd.work, crowd.work, crowd.sweep, crowd.cancel, crowd.retry)

    def play(number: int) -> None:
        dice = Dice(SEED + number)
        for _ in range(ROUNDS):
            roles[number](dice)

    with ThreadPoolExecutor(len(roles)) as threads:
        list(threads.map(play, range(len(roles))))

    assert [] == _astray(stores)
    wait_until(crowd.drain, 30, "everything has ended or is held")
    assert 0 == stores.count("claims")
    for each in sent:
        view = stores.view(each.id)
        standings = [
            Standing(one.state.status, one.state.next_attempt_at is not None)
            for one in view.recipients
        ]
        assert message_status(standings).value == view.status
        for position, standing in enumerate(standings):
            was_sent = standing.status is RecipientStatus.SENT
            assert int(was_sent) == crowd.taken[each.id, position]
