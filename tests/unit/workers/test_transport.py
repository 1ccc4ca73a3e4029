"""The way to the relays: by name, not while one rests, and nothing is left open."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.relay_state import Breaker, RelayState
from pillarbox.flows.ports.relays import RelayOrder
from tests.fakes.workers_delivery import parcel
from tests.fakes.workers_relay import REFUSED, FakeLease, FakePool, Hands, RelayWatch, access
from tests.laws.registry import law
from tests.waiting import wait_until
from workers.openings import SLOW_SECONDS, Openings
from workers.orders import Orders
from workers.rest import FIRST_PAUSE, Rest
from workers.smtp.errors import PoolClosedError
from workers.transport import SmtpTransport

NOW = datetime(2027, 1, 1, tzinfo=UTC)


def _transport(pool: FakePool) -> tuple[SmtpTransport, Rest, Hands, RelayWatch]:
    clock, watch = Hands(), RelayWatch()
    found = access(pool, clock, watch)
    return SmtpTransport({"default": found}, watch), found.rest, clock, watch


def test_a_line_carries_over_the_relays_own_pool() -> None:
    """And its place is given back."""
    lease = FakeLease()
    transport, _, _, _ = _transport(FakePool(lease))

    line = transport.checkout("default")
    assert line is not None
    [transmission] = line.send([parcel()], lambda: True)
    transport.give_back(line)

    assert "relay.test:587" == transmission.connection.host
    assert 1 == lease.released


@law("sessions-of-one-relay")
def test_each_relay_has_connections_of_its_own() -> None:
    """Though both be one host: who we are to it may differ."""
    clock, watch = Hands(), RelayWatch()
    leases = {"first": FakeLease(), "second": FakeLease()}
    accesses = {name: access(FakePool(each), clock, watch) for name, each in leases.items()}
    transport = SmtpTransport(accesses, watch)

    line = transport.checkout("second")
    assert line is not None
    transport.give_back(line)

    assert [0, 1] == [each.released for each in leases.values()]


def test_a_relay_that_cannot_be_reached_gives_no_line_and_rests() -> None:
    """Nothing is claimed, so nothing waits behind it."""
    transport, _, _, _ = _transport(pool := FakePool(REFUSED))

    assert transport.checkout("default") is None
    assert transport.checkout("default") is None
    assert 1 == pool.checkouts
    assert {"default": "connect: connect_refused"} == transport.resting()


def test_after_the_pause_it_is_tried_again_and_the_success_ends_the_rest() -> None:
    """By one thread; the others are let in by its success."""
    transport, _, clock, watch = _transport(FakePool(REFUSED))
    transport.checkout("default")
    clock.now += FIRST_PAUSE

    probe = transport.checkout("default")
    meanwhile = transport.checkout("default")
    assert probe is not None
    transport.give_back(probe)

    assert meanwhile is None
    assert transport.checkout("default") is not None
    assert {} == transport.resting()
    assert [True, False] == watch.rests


def test_a_relay_that_wants_no_further_connection_does_not_rest_longer_and_longer() -> None:
    """The connections that it has taken work."""
    transport, _, clock, _ = _transport(pool := FakePool(REFUSED, REFUSED, REFUSED, in_use=3))
    for _ in range(3):
        transport.checkout("default")
        clock.now += FIRST_PAUSE

    assert transport.checkout("default") is not None
    assert 4 == pool.checkouts


def test_a_pool_without_a_place_gives_no_line() -> None:
    """And a probe that met it is given back."""
    transport, rest, clock, _ = _transport(FakePool(REFUSED, None))
    transport.checkout("default")
    clock.now += FIRST_PAUSE

    assert transport.checkout("default") is None
    assert rest.may_try()


def test_a_pool_that_is_closed_gives_no_line() -> None:
    """Our own end is nobody's failure."""
    transport, _, _, _ = _transport(FakePool(PoolClosedError()))

    assert transport.checkout("default") is None
    assert {} == transport.resting()


def test_an_unforeseen_error_does_not_leave_the_relay_resting() -> None:
    """The probe is given back whatever happens."""
    transport, rest, clock, _ = _transport(FakePool(REFUSED, MemoryError()))
    transport.checkout("default")
    clock.now += FIRST_PAUSE

    with pytest.raises(MemoryError):
        transport.checkout("default")

    assert rest.may_try()


def test_a_relay_that_is_not_configured_is_named_once() -> None:
    """Its messages wait for the configuration, and the operator for a line that says so."""
    transport, _, _, _ = _transport(FakePool())

    with capture_logs() as logs:
        lines = [transport.checkout("ses-eu") for _ in range(3)]

    assert [None, None, None] == lines
    assert [("relay_unknown", "ses-eu")] == [(line["event"], line["relay"]) for line in logs]


def test_idle_connections_are_looked_after_and_shown() -> None:
    """A relay drops who idles too long; a gauge shows how many are left."""
    transport, _, _, watch = _transport(pool := FakePool(in_use=2))

    transport.look_after()

    assert 1 == pool.reaped
    assert [("default", 2, 0)] == watch.connections


def test_closing_says_quit_and_ends_the_thread() -> None:
    """A relay that is left without QUIT counts it against us."""
    transport, _, _, _ = _transport(pool := FakePool())

    with closing(transport):
        transport.start()
        wait_until(lambda: pool.reaped)

    assert pool.closed


def test_what_a_relay_bears_bounds_its_lines() -> None:
    """Though the pool had more to lend."""
    clock, watch = Hands(), RelayWatch()
    found = access(FakePool(in_use=2), clock, watch)
    transport = SmtpTransport({"default": found}, watch)

    found.pace.hold_at(2)

    assert transport.checkout("default") is None
    assert transport.available("default")


def test_a_paused_relay_is_not_tried_and_says_so() -> None:
    """The operator's word; a resumed one is tried at once, parked or not."""
    clock, watch = Hands(), RelayWatch()
    orders: dict[str, RelayOrder] = {}
    found = access(pool := FakePool(), clock, watch)
    found.rest.failed("auth: refused", "535 no", parked=True)
    transport = SmtpTransport({"default": found}, watch, orders=Orders(lambda: dict(orders)))
    transport.look_after()

    orders["default"] = RelayOrder(paused=True, ordered_at=NOW)
    transport.look_after()
    paused = (transport.checkout("default"), transport.resting())
    orders["default"] = RelayOrder(paused=False, ordered_at=NOW + timedelta(seconds=1))
    transport.look_after()

    assert (None, {"default": "paused"}) == paused
    assert transport.available("default")
    assert 0 == pool.checkouts


def test_orders_given_before_the_process_began_resume_nothing() -> None:
    """They were meant for what was wrong then."""
    orders = Orders(lambda: {"default": RelayOrder(paused=False, ordered_at=NOW)})

    assert [set(), set()] == [orders.refresh(), orders.refresh()]


def test_a_store_that_is_away_leaves_the_orders_as_they_were() -> None:
    """A pause is not lifted by a fault."""
    answers: list[RelayOrder | None] = [RelayOrder(paused=True, ordered_at=NOW), None]

    def read() -> dict[str, RelayOrder]:
        order = answers.pop(0)
        if order is None:
            raise StoreUnavailableError
        return {"default": order}

    orders = Orders(read)
    orders.refresh()
    orders.refresh()

    assert orders.paused("default")


def test_it_says_how_each_relay_is() -> None:
    """For whoever asks the API."""
    clock, watch = Hands(), RelayWatch()
    said: list[Mapping[str, RelayState]] = []
    found = access(FakePool(in_use=2), clock, watch)
    transport = SmtpTransport({"default": found}, watch, report=said.append)

    transport.look_after()

    assert [{"default": RelayState(Breaker.CLOSED, in_use=2, idle=0, concurrency=8)}] == said


def test_a_relay_that_does_not_answer_is_not_waited_for_by_everybody() -> None:
    """Five minutes are its right; meanwhile others carry what they may."""
    clock, watch = Hands(), RelayWatch()
    openings = Openings(clock)
    pool = FakePool(in_use=1)
    found = replace(access(pool, clock, watch), openings=openings)
    transport = SmtpTransport({"default": found}, watch)

    with openings.noted():
        at_once = transport.available("default")
        clock.now += SLOW_SECONDS
        later = transport.available("default")
        pool.in_use = 2  # another connection carries mail: the relay is there
        beside = transport.available("default")

    assert [True, False, True] == [at_once, later, beside]
    assert transport.available("default")
