"""A relay's pool that plays what a test tells it, and an observer that remembers."""

from collections.abc import Callable, Sequence

from pillarbox.domain.relay_state import Breaker, ConnectionCounts, RelayState
from pillarbox.domain.reply import Reply, Verb
from workers.access import Access
from workers.pace import Pace
from workers.rest import Rest
from workers.smtp.errors import Fault, FaultCode, OpeningError, Stage, UnreachableError
from workers.smtp.pool import PoolStats
from workers.smtp.trace import ConnectionFacts, Step
from workers.smtp.transaction import Transaction, TransactionResult, Verdict

FACTS = ConnectionFacts("relay.test:587", "TLSv1.3", "TLS_AES_256_GCM_SHA384", False, ())

ACCEPTED = Reply(250, "Ok: queued", Verb.END_OF_DATA, "2.0.0")

REFUSED = UnreachableError(
    Stage.CONNECT, Fault(FaultCode.CONNECT_REFUSED, "no address of the relay took the connection")
)


def result(
    transaction: Transaction,
    *verdicts: Verdict,
    ended: bool = False,
    usable: bool = True,
    mail: Reply | None = None,
    stale: bool = False,
) -> TransactionResult:
    """Make a result; `mail` is the reply to MAIL (default: 250)."""
    steps = (Step(Verb.MAIL, mail or Reply(250, "Ok", Verb.MAIL), 1.0),)
    return TransactionResult(
        transaction=transaction,
        verdicts=verdicts,
        data_may_have_ended=ended,
        steps=steps if mail or not stale else (),
        connection=FACTS,
        milliseconds=2.0,
        usable=usable,
        stale=stale,
    )


Play = Callable[[Transaction], TransactionResult | OpeningError]


def take(transaction: Transaction) -> TransactionResult:
    """Take a message for all its recipients."""
    return result(transaction, *[ACCEPTED] * len(transaction.recipients), ended=True)


class FakeLease:
    """Plays a transaction each, and then takes everything; stops early after `at_most`."""

    def __init__(self, *plays: Play, at_most: int = 1000) -> None:
        self.plays = list(plays)
        self.at_most = at_most
        self.failure: OpeningError | None = None
        self.released = 0
        self.asked = 0

    def send(
        self, transactions: Sequence[Transaction], before_end_of_data: Callable[[], bool]
    ) -> list[TransactionResult]:
        results: list[TransactionResult] = []
        for transaction in transactions[: self.at_most]:
            played = (self.plays.pop(0) if self.plays else take)(transaction)
            if isinstance(played, OpeningError):
                if not results:
                    raise played
                self.failure = played
                break
            if played.data_may_have_ended and not self.asked:
                self.asked += 1
                before_end_of_data()
            results.append(played)
            if played.stopped:
                break
        return results

    def release(self) -> None:
        self.released += 1


class FakePool:
    """Lends what it was given, in order; then new leases that take everything."""

    def __init__(self, *lends: FakeLease | Exception | None, in_use: int = 0) -> None:
        self.lends = list(lends)
        self.checkouts = 0
        self.reaped = 0
        self.closed = False
        self.in_use = in_use

    @property
    def stats(self) -> PoolStats:
        return PoolStats(self.in_use, 0, 0, 0, 0)

    def checkout(self, timeout: float = 0.0) -> FakeLease | None:
        assert timeout == 0.0
        self.checkouts += 1
        lent = self.lends.pop(0) if self.lends else FakeLease()
        if isinstance(lent, Exception):
            raise lent
        return lent

    def reap(self) -> None:
        self.reaped += 1

    def close_all(self, timeout: float = 5.0) -> None:
        assert timeout > 0
        self.closed = True


class RelayWatch:
    """Remembers what was shown of relays."""

    def __init__(self) -> None:
        self.breakers: list[Breaker] = []
        self.connections: list[tuple[str, int, int]] = []
        self.used: list[int | None] = []
        self.failures: list[str] = []

    @property
    def rests(self) -> list[bool]:
        """Whether it rested, at each change."""
        return [each is not Breaker.CLOSED for each in self.breakers]

    def relay_breaker(self, relay: str, breaker: Breaker) -> None:
        assert relay
        self.breakers.append(breaker)

    def relay_failed(self, relay: str, reason: str) -> None:
        assert relay
        self.failures.append(reason)

    def relay_looked_at(self, relay: str, state: RelayState, _counts: ConnectionCounts) -> None:
        self.connections.append((relay, state.in_use, state.idle))

    def relay_budget(self, relay: str, used: int | None) -> None:
        assert relay
        self.used.append(used)


class Hands:
    """A monotonic clock that a test moves."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def access(
    pool: FakePool, clock: Hands, watch: RelayWatch, *, most: int = 8, name: str = "default"
) -> Access:
    """Make the access to a relay over a fake pool."""
    return Access(pool, Rest(name, clock, watch), Pace(most, clock))
