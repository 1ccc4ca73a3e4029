"""The pool: bounded, and never guessing about a connection."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Close, Script, Silence
from tests.unit.workers.smtp.carrying import always, clear, codes, to
from tests.waiting import wait_until
from workers.smtp.connection import Connection
from workers.smtp.errors import OpeningError, PoolClosedError
from workers.smtp.lease import Lease
from workers.smtp.opening import Opener
from workers.smtp.pool import Pool, PoolLimits, PoolStats
from workers.smtp.trace import ClosedFor


class Clock:
    """Monotonic seconds that move when told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def pool_of(
    server: ScriptedServer,
    limits: PoolLimits | None = None,
    clock: Callable[[], float] | None = None,
) -> Iterator[Pool]:
    """Make a pool, and close it; its places must all be free then."""
    clock = clock or Clock()
    pool = Pool(Opener(clear(server), clock), limits, clock)
    try:
        yield pool
    finally:
        pool.close_all(timeout=1)
    assert (0, 0) == (pool.stats.in_use, pool.stats.idle)


def lend(pool: Pool) -> Lease:
    """Check out, or fail."""
    lease = pool.checkout()
    assert lease is not None
    return lease


def use(pool: Pool, local: str = "a") -> list[object]:
    """Carry one message."""
    with lend(pool) as lease:
        (result,) = lease.send([to(local)], always)
    return list(codes(result))


def test_a_connection_is_kept_for_the_next() -> None:
    """The point of it."""
    with ScriptedServer() as server, pool_of(server) as pool:
        assert [250] == use(pool)
        assert [250] == use(pool)
        assert PoolStats(in_use=0, idle=1, opened=1, reused=1, stale=0) == pool.stats
        assert "<Pool 0 in use, 1 idle, of 10>" == repr(pool)
        assert 1 == len(server.served)


def test_there_are_never_more_than_its_size() -> None:
    """A place is reserved before a connection is opened; without one, None, at once."""
    with ScriptedServer() as server, pool_of(server, PoolLimits(size=2)) as pool:
        with lend(pool), lend(pool):
            assert pool.checkout() is None
            assert pool.checkout(timeout=0.01) is None
            assert 2 == pool.stats.in_use
        assert 2 == pool.stats.idle
        with lend(pool):
            assert (1, 1) == (pool.stats.in_use, pool.stats.idle)


def test_who_waits_gets_the_place_that_is_given_back() -> None:
    """A checkout with a deadline."""
    with ScriptedServer() as server, pool_of(server, PoolLimits(size=1)) as pool:
        held = lend(pool)
        got: list[Lease | None] = []
        waiter = threading.Thread(target=lambda: got.append(pool.checkout(timeout=5)))
        waiter.start()
        held.release()
        waiter.join()
        (lease,) = got
        assert lease is not None
        lease.release()
        assert 1 == pool.stats.opened


@law("places-come-back")
def test_many_threads_share_few_connections() -> None:
    """None is used by two at once, none is lost."""
    with ScriptedServer() as server, pool_of(server, PoolLimits(size=3)) as pool:
        seen: list[object] = []

        def work() -> None:
            for _ in range(10):
                lease = pool.checkout(timeout=5)
                assert lease is not None
                with lease:
                    seen.extend(codes(lease.send([to("a")], always)[0]))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [250] * 80 == seen
        assert len(server.served) <= 3


@law("places-come-back")
def test_a_connection_that_cannot_be_opened_costs_no_place() -> None:
    """Nodemailer leaked the slot."""
    with (
        ScriptedServer(Script(greeting=[b"421 busy\r\n"])) as server,
        pool_of(server, PoolLimits(size=1)) as pool,
    ):
        for _ in range(3):
            with pytest.raises(OpeningError):
                pool.checkout()
        assert PoolStats(in_use=0, idle=0, opened=0, reused=0, stale=0) == pool.stats


@law("stale-connections")
def test_an_idle_connection_is_closed_after_its_time() -> None:
    """Before the relay does it; with QUIT."""
    clock = Clock()
    with ScriptedServer() as server, pool_of(server, PoolLimits(idle=5), clock) as pool:
        use(pool)
        clock.now += 5
        pool.reap()
        assert (0, {ClosedFor.IDLE: 1}) == (pool.stats.idle, pool.stats.closed)
        assert [250] == use(pool)
        assert (2, 0) == (pool.stats.opened, pool.stats.stale)
        wait_until(server.served[0].ended.is_set)
        assert "QUIT" == server.served[0].verbs[-1]


@law("enough-messages")
@pytest.mark.parametrize("limits", [PoolLimits(age=60), PoolLimits(transactions=1)])
def test_a_worn_connection_is_not_lent_again(limits: PoolLimits) -> None:
    """By age, or by messages."""
    clock = Clock()
    with ScriptedServer() as server, pool_of(server, limits, clock) as pool:
        with lend(pool) as lease:
            lease.send([to("a")], always)
            clock.now += 60
        use(pool)
        assert 2 == pool.stats.opened
        assert 1 <= pool.stats.closed[ClosedFor.WORN]
        assert "QUIT" == server.served[0].verbs[-1]


@law("421-anywhere")
@pytest.mark.parametrize(
    "words", [b"250 ok\r\n421 4.4.2 idle too long\r\n", b"250 ok\r\n250 again\r\n", b"250 ok\r\n25"]
)
def test_an_idle_connection_that_said_something_is_closed(words: bytes) -> None:
    """Unsolicited 421 and anything else; the next message goes on a fresh one."""
    with ScriptedServer(Script(dot=[words]), Script()) as server, pool_of(server) as pool:
        use(pool)
        assert [250] == use(pool, "b")
        assert 2 == pool.stats.opened
        assert "MAIL" in server.served[1].verbs


@law("stale-connections")
def test_an_idle_connection_that_went_away_is_replaced_unseen() -> None:
    """EOF while idle."""
    with (
        ScriptedServer(Script(dot=[Close(b"250 ok\r\n")]), Script()) as server,
        pool_of(server) as pool,
    ):
        use(pool)
        wait_until(server.served[0].ended.is_set)
        assert [250] == use(pool)
        gone = {ClosedFor.STALE: 1}
        assert PoolStats(0, idle=1, opened=2, reused=0, stale=1, closed=gone) == pool.stats


def test_the_one_used_last_is_lent_first() -> None:
    """So that the others may grow old and close."""
    with ScriptedServer() as server, pool_of(server) as pool:
        first, second = lend(pool), lend(pool)
        kept = second.connection
        first.release()
        second.release()
        with lend(pool) as lease:
            assert kept is lease.connection


@law("places-come-back")
def test_an_exception_in_the_batch_discards_the_connection() -> None:
    """Half-used is worse than gone."""
    with ScriptedServer() as server, pool_of(server) as pool:
        with pytest.raises(LookupError), lend(pool):
            raise LookupError
        assert (0, 0) == (pool.stats.in_use, pool.stats.idle)


def test_giving_back_twice_is_nothing() -> None:
    """A place is freed once."""
    with ScriptedServer() as server, pool_of(server) as pool:
        lease = lend(pool)
        lease.release()
        lease.release()
        assert (0, 1) == (pool.stats.in_use, pool.stats.idle)


@law("quit-changes-nothing")
@pytest.mark.parametrize("script", [Script(), Script(quit=[Silence()])])
def test_closing_says_quit_and_lends_no_more(script: Script) -> None:
    """Politely, and not for long."""
    with ScriptedServer(script) as server, pool_of(server, clock=time.monotonic) as pool:
        use(pool)
        held = lend(pool)
        lend(pool).release()
        pool.close_all(timeout=0.1)
        with pytest.raises(PoolClosedError):
            pool.checkout()
        held.release()
        assert 0 == pool.stats.idle
        wait_until(lambda: {"QUIT"} == {served.verbs[-1] for served in server.served})


def test_opening_happens_outside_the_lock() -> None:
    """A relay that hangs while one is opened does not stop the others from giving back."""
    opening, go_on = threading.Event(), threading.Event()
    with ScriptedServer() as server:
        real = Opener(clear(server))

        def slow() -> Connection:
            if pool.stats.opened:
                opening.set()
                go_on.wait(5)
            return real()

        pool = Pool(slow)
        held = lend(pool)
        other = threading.Thread(target=lambda: lend(pool).release())
        other.start()
        opening.wait(5)
        held.release()
        stats = pool.stats
        go_on.set()
        other.join()
        pool.close_all()
        assert (1, 1) == (stats.in_use, stats.idle)


def test_why_connections_ended_is_counted() -> None:
    """In use, by an error of ours; and kept, by the pool's own end."""
    with ScriptedServer() as server, pool_of(server) as pool:
        with suppress(ZeroDivisionError), lend(pool):
            raise ZeroDivisionError
        assert {ClosedFor.FAILED: 1} == pool.stats.closed
        use(pool)
        pool.close_all(timeout=1)
        assert {ClosedFor.FAILED: 1, ClosedFor.SHUTDOWN: 1} == pool.stats.closed
