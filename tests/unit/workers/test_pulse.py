"""A worker that lives and no longer consumes is found out, and no other is."""

from dataclasses import dataclass, field

import pytest

from pillarbox.queue.broker import BrokerAwayError
from tests.fakes.workers_relay import Hands
from workers.pulse import DEAF_SECONDS, PATIENCE_SECONDS, PULSE_SECONDS, Pulse


@dataclass
class _Broker:
    """Takes pulses, unless it is away."""

    away: bool = False
    taken: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)

    def publish_pulse(self, queue: str, *, seconds: float) -> None:
        if self.away:
            raise BrokerAwayError
        self.taken.append(queue)

    def forget_pulses(self, queue: str) -> None:
        if self.away:
            raise BrokerAwayError
        self.forgotten.append(queue)


@pytest.fixture
def broker() -> _Broker:
    return _Broker()


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def pulse(broker: _Broker, hands: Hands) -> Pulse:
    return Pulse(broker, "own", hands)


def _pass(pulse: Pulse, hands: Hands, seconds: float, *, felt: bool = False) -> None:
    """Let time pass, with a pulse now and then."""
    end = hands.now + seconds
    while hands.now < end:
        pulse.beat()
        if felt:
            pulse.feel()
        hands.now += PULSE_SECONDS


def test_a_worker_that_misses_two_pulses_is_deaf_before_it_is_dead(
    pulse: Pulse, hands: Hands
) -> None:
    """It looks for its mail itself, long before it is started again."""
    _pass(pulse, hands, DEAF_SECONDS - 2 * PULSE_SECONDS)
    early = pulse.is_deaf()
    _pass(pulse, hands, 2 * PULSE_SECONDS)

    assert [False, True, True] == [early, pulse.is_deaf(), pulse.is_felt()]
    pulse.feel()
    assert not pulse.is_deaf()


def test_a_worker_that_hears_itself_lives(pulse: Pulse, broker: _Broker, hands: Hands) -> None:
    """Its own queue, and nobody else's."""
    _pass(pulse, hands, 600, felt=True)

    assert pulse.is_felt()
    assert {"own"} == set(broker.taken)


def test_a_worker_that_is_deaf_for_long_does_not(pulse: Pulse, hands: Hands) -> None:
    """The broker takes its pulses, and none comes: its consumer is dead or stalled."""
    _pass(pulse, hands, PATIENCE_SECONDS - PULSE_SECONDS)
    before = pulse.is_felt()
    _pass(pulse, hands, 2 * PULSE_SECONDS)

    assert before
    assert not pulse.is_felt()


def test_a_broker_that_is_away_is_no_fault_of_the_worker(
    pulse: Pulse, broker: _Broker, hands: Hands
) -> None:
    """To start it again would not bring the broker back."""
    broker.away = True
    _pass(pulse, hands, 10 * PATIENCE_SECONDS)
    while_away = pulse.is_felt()

    broker.away = False
    _pass(pulse, hands, PATIENCE_SECONDS - PULSE_SECONDS)

    assert while_away
    assert pulse.is_felt()


def test_not_to_be_regained_once_the_broker_is_back_is(
    pulse: Pulse, broker: _Broker, hands: Hands
) -> None:
    """What was lost with the broker, and does not come back with it, is lost (celery #8030)."""
    broker.away = True
    _pass(pulse, hands, PATIENCE_SECONDS)
    broker.away = False
    _pass(pulse, hands, PATIENCE_SECONDS + PULSE_SECONDS)

    assert not pulse.is_felt()


def test_a_pulse_that_was_lost_with_the_brokers_memory_is_forgiven(
    pulse: Pulse, hands: Hands
) -> None:
    """The next one comes."""
    pulse.beat()
    hands.now += PULSE_SECONDS
    pulse.beat()
    pulse.feel()
    hands.now += 10 * PATIENCE_SECONDS

    assert pulse.is_felt()


def test_who_begins_to_hear_again_lives_again(pulse: Pulse, hands: Hands) -> None:
    """A stall that ends needs no new start."""
    _pass(pulse, hands, 2 * PATIENCE_SECONDS)
    pulse.feel()

    assert pulse.is_felt()


@pytest.mark.parametrize("away", [False, True])
def test_the_end_leaves_no_queue_behind(pulse: Pulse, broker: _Broker, away: bool) -> None:  # noqa: FBT001 - a case
    """What a consumer's end puts back into it would stay for ever: it has no time of its own."""
    broker.away = away
    pulse.start()

    pulse.close()

    assert ([] if away else ["own"]) == broker.forgotten
