"""Carrying what is due: who may end data, what is settled, what is handed back."""

import pytest

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.message import Content
from pillarbox.domain.outcome import Bounced, Finding, FindingCode
from pillarbox.domain.status import RecipientStatus
from pillarbox.flows import batch
from pillarbox.flows.batch import LAST_TRIES_SECONDS
from pillarbox.flows.deliver import Dispatcher
from pillarbox.flows.ports.claims import Errand
from tests.fakes.deliveries import (
    ROUTE,
    FakeClaimStore,
    FakeLine,
    FakeTransport,
    claim,
    delivery,
)
from tests.fakes.delivering import LEASE, Scene


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a store that is away be asked again at once."""
    monkeypatch.setattr(batch, "STORE_PAUSE_SECONDS", 0.0)


def test_nothing_is_claimed_while_the_relay_gives_no_connection() -> None:
    """A message never waits behind a relay that cannot be reached: it is not even claimed."""
    store = FakeClaimStore(claims=[claim(delivery())])

    Scene(store, None).run()

    assert len(store.claims) == 1


def test_each_group_is_settled_and_its_settling_marks_the_next() -> None:
    """The mark costs one commit of its own for a whole claim: the first group's."""
    store = FakeClaimStore(claims=[claim(*(delivery(place) for place in range(5)))])
    line = FakeLine()

    Scene(store, line).run()

    assert ["begin_data 1", "settle [0, 1]", "settle [2, 3]", "settle [4]"] == store.log
    assert [0, 1, 2, 3, 4] == line.sent
    assert {RecipientStatus.SENT} == {each.states[0].status for each in store.settled}


def test_who_lets_mail_gather_is_told_of_every_claim() -> None:
    store = FakeClaimStore(claims=[claim(delivery(0), delivery(1), more=True), claim(delivery(0))])
    scene = Scene(store, FakeLine())

    scene.run()

    assert [(2, True), (1, False)] == scene.gatherer.claims


def test_no_data_ends_once_the_lease_has_run_out_here() -> None:
    """A worker that was held up beyond its lease asks nobody: it does not end the data."""
    store = FakeClaimStore(claims=[claim(delivery())])
    line = FakeLine()
    scene = Scene(store, line)

    def pass_the_lease() -> None:
        scene.monotonic.time += LEASE.total_seconds()

    line.on_send = pass_the_lease
    scene.run()

    assert [] == line.sent
    assert "begin_data 0" not in store.log


def test_no_data_ends_without_the_mark() -> None:
    """The store has given the claim to another: the compare-and-set finds no row."""
    store = FakeClaimStore(claims=[claim(delivery())], lease_holds=False)
    line = FakeLine()

    Scene(store, line).run()

    assert [] == line.sent
    assert [] == store.settled


def test_a_stale_settle_ends_the_batch_and_is_told() -> None:
    """Who finds its token worthless writes nothing more, and sends nothing more."""
    deliveries = (delivery(place) for place in range(4))
    store = FakeClaimStore(claims=[claim(*deliveries)], lose_lease_after_mark=True)
    line = FakeLine()
    scene = Scene(store, line)

    scene.run()

    assert ["clm_1"] == scene.observer.lost
    assert [0, 1] == line.sent
    assert ["begin_data 1", "settle [0, 1]"] == store.log


def test_what_was_never_tried_is_handed_back() -> None:
    """A connection lost before a message costs that message nothing."""
    store = FakeClaimStore(claims=[claim(*(delivery(place) for place in range(4)))])
    line = FakeLine(lost_after=1)

    Scene(store, line).run()

    assert ["begin_data 1", "settle [0]", "hand_back"] == store.log


def test_a_message_that_cannot_be_built_bounces_by_our_finding_and_stops_no_other() -> None:
    """What is impossible is said as our own finding, never as a forged reply."""
    store = FakeClaimStore(claims=[claim(delivery(0), delivery(1))])
    line = FakeLine()
    scene = Scene(store, line)

    def build(content: Content) -> bytes:
        if content.message_id.endswith("0"):
            raise ValueError("header too long")
        return b"bytes"

    scene.build = build
    scene.run()

    states = {each.delivery.place: each.states[0] for each in store.settled}
    assert RecipientStatus.BOUNCED == states[0].status
    assert Bounced(Finding(FindingCode.UNBUILDABLE, "header too long")).cause == states[0].cause
    assert RecipientStatus.SENT == states[1].status


def test_settling_is_tried_until_the_store_is_back() -> None:
    """What a worker knows, nobody else knows: it does not forget it because the store is away."""
    store = FakeClaimStore(claims=[claim(delivery())])
    line = FakeLine()
    scene = Scene(store, line)

    def go_away() -> None:
        store.away_for = 3

    line.on_send = go_away
    scene.run()

    assert 3 == scene.observer.away
    assert [0] == [each.delivery.place for each in store.settled]


def test_a_worker_that_is_told_to_stop_still_writes_down_what_it_knows() -> None:
    """The store may restart with it: without these words the relay's 250 would be uncertain."""
    store = FakeClaimStore(claims=[claim(delivery())])
    line = FakeLine()
    scene = Scene(store, line)

    def end_both() -> None:
        store.away_for = 3
        scene.stopping.set()

    line.on_send = end_both
    scene.run()

    assert [0] == [each.delivery.place for each in store.settled]


def test_but_not_for_ever() -> None:
    """A process must end; the lease and the mark say then what became of the messages."""
    store = FakeClaimStore(claims=[claim(delivery())])
    line = FakeLine()
    scene = Scene(store, line)

    def end_both() -> None:
        store.away_for = 1_000
        store.on_away = lambda: setattr(
            scene.monotonic, "time", scene.monotonic.time + LAST_TRIES_SECONDS
        )
        scene.stopping.set()

    line.on_send = end_both
    with pytest.raises(StoreUnavailableError):
        scene.run()

    assert 2 == scene.observer.away
    assert [] == store.settled


def test_a_worker_that_is_told_to_stop_finishes_its_group_and_hands_back_the_rest() -> None:
    """SIGTERM loses nothing and doubles nothing."""
    store = FakeClaimStore(claims=[claim(*(delivery(place) for place in range(6)))])
    line = FakeLine()
    scene = Scene(store, line)
    line.on_send = scene.stopping.set
    scene.run()

    assert ["begin_data 1", "settle [0, 1]", "hand_back"] == store.log
    assert 1 == scene.transport.given_back


def test_a_full_claim_wakes_another_worker_and_is_followed_by_the_next() -> None:
    """A backlog spreads over workers, and who has a connection goes on until nothing is left."""
    store = FakeClaimStore(claims=[claim(delivery(0), more=True), claim(delivery(1))])
    line = FakeLine()
    scene = Scene(store, line)

    scene.run()

    assert [ROUTE] == scene.waker.woken
    assert [0, 1] == line.sent


def test_no_more_is_claimed_than_the_relays_rate_allows() -> None:
    """What was granted and is not due goes back: a token that nobody spends is nobody's."""
    store = FakeClaimStore(claims=[claim(delivery(0), delivery(1))])
    line = FakeLine(allows=5)
    scene = Scene(store, line)
    scene.claim_sizes.of(ROUTE.relay).now = 100

    scene.run()

    assert [(Errand.usual(ROUTE), 5)] == store.asked
    assert 2 == line.granted


def test_without_a_grant_nothing_is_claimed() -> None:
    """It waits in the store, where it holds nothing."""
    store = FakeClaimStore(claims=[claim(delivery())])

    Scene(store, FakeLine(allows=0)).run()

    assert [] == store.asked


def test_a_relay_that_has_just_failed_wakes_those_that_stand_in_for_it() -> None:
    """Else what it leaves would wait for a sweep."""
    scene = Scene(FakeClaimStore(claims=[claim(delivery())]), None)
    scene.transport.down.add(ROUTE.relay)

    scene.run()

    assert [ROUTE] == scene.waker.woken


def test_a_route_goes_over_its_own_relay_while_that_can_be_used() -> None:
    """And the store is not asked for others."""
    dispatch = Dispatcher(FakeClaimStore(stand_ins=[("spare",)]), FakeTransport(None))

    assert [Errand.usual(ROUTE)] == dispatch(ROUTE)


def test_the_first_that_can_be_used_stands_in_for_a_relay_that_cannot() -> None:
    """Each list of fallbacks by itself; where none can be used, the mail waits."""
    store = FakeClaimStore(stand_ins=[("a", "b", "c"), ("a",), ("c", "b")])
    transport = FakeTransport(None, down={ROUTE.relay, "a"})

    expected = [Errand(ROUTE, "b", ("a", "b", "c")), Errand(ROUTE, "c", ("c", "b"))]
    assert expected == Dispatcher(store, transport)(ROUTE)
