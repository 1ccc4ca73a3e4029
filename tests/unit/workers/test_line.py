"""A line: groups go out, and what they show of the relay is told to its rest."""

import pytest

from pillarbox.domain.outcome import Deferred, Finding, FindingCode, Sent
from pillarbox.domain.relay_state import Breaker
from pillarbox.domain.reply import Reply, Verb
from tests.fakes.workers_delivery import parcel
from tests.fakes.workers_relay import (
    ACCEPTED,
    REFUSED,
    FakeLease,
    FakePool,
    Hands,
    Play,
    RelayWatch,
    access,
    result,
    take,
)
from tests.laws.registry import law
from workers.access import NoPlaceError
from workers.line import SmtpLine, note_failure
from workers.rest import FIRST_PAUSE, LONGEST_PAUSE, Rest
from workers.smtp.errors import (
    AuthFailedError,
    Fault,
    FaultCode,
    RelayRefusedError,
    Stage,
    UnreachableError,
)
from workers.smtp.transaction import Verdict

REFUSED_MAIL = Reply(530, "Authentication required", Verb.MAIL, "5.7.0")
BUSY = Reply(421, "too many messages", Verb.MAIL, "4.7.0")
LOST = Fault(FaultCode.CONNECTION_LOST, "the server closed the connection")
STOPPED = Fault(FaultCode.STOPPED, "withdrawn before the end of data")


def _yes() -> bool:
    return True


def _line(*plays: Play) -> tuple[SmtpLine, FakeLease, Rest, Hands]:
    clock = Hands()
    found = access(FakePool(in_use=1), clock, RelayWatch())
    lease = FakeLease(*plays)
    return SmtpLine(lease, found), lease, found.rest, clock


def _ends_with(*verdicts: Verdict, **facts: bool | Reply) -> Play:
    return lambda transaction: result(transaction, *verdicts, **facts)  # type: ignore[arg-type]  # of mixed types


def test_each_parcel_has_its_transmission_in_order() -> None:
    """One outcome for each recipient, in the order of the envelope."""
    refused = Reply(550, "no such user", Verb.RCPT, "5.1.1")
    line, lease, _, _ = _line(take, _ends_with(ACCEPTED, refused, ended=True))
    parcels = [parcel("ada", place=0), parcel("bob", "carl", place=1)]

    first, second = line.send(parcels, _yes)

    assert parcels == [first.parcel, second.parcel]
    assert (Sent(ACCEPTED),) == first.outcomes
    assert 2 == len(second.outcomes)
    assert 1 == lease.asked
    assert line.usable


def test_the_envelope_is_that_of_the_delivery() -> None:
    """MAIL and RCPT carry what the message's recipients are, whatever its headers say."""
    line, _, _, _ = _line()
    sent = parcel("ada", "bob")

    [transmission] = line.send([sent], _yes)

    assert sent.delivery.recipients == transmission.parcel.delivery.recipients
    assert 2 == len(transmission.outcomes)


def test_a_connection_lost_before_the_end_of_data_defers_that_message_only() -> None:
    """The rest of the group had no connection, and loses nothing."""
    line, _, rest, _ = _line(take, _ends_with(LOST, usable=False), lambda _: REFUSED)

    transmissions = line.send([parcel(place=place) for place in range(3)], _yes)

    assert 2 == len(transmissions)
    [outcome] = transmissions[1].outcomes
    assert Deferred(Finding(FindingCode.CONNECTION_LOST, LOST.detail)) == outcome
    assert not line.usable
    assert "connect: connect_refused" == rest.reason


def test_when_no_connection_can_be_had_nothing_was_tried() -> None:
    """The relay's fault: messages stay as they are, and it rests."""
    line, _, rest, _ = _line(lambda _: REFUSED)

    transmissions = line.send([parcel()], _yes)

    assert [] == transmissions
    assert not line.usable
    assert "connect: connect_refused" == rest.reason


def test_what_was_withdrawn_is_left_out() -> None:
    """The lease was lost: whoever has the message now sends it."""
    line, _, rest, _ = _line(_ends_with(STOPPED, usable=False))

    transmissions = line.send([parcel()], _yes)

    assert [] == transmissions
    assert not line.usable
    assert "" == rest.reason


def test_authentication_wanted_at_mail_parks_the_relay_and_spares_the_message() -> None:
    """530 to MAIL means that our session is no good; the next message would hear it too."""
    line, _, rest, clock = _line(_ends_with(REFUSED_MAIL, mail=REFUSED_MAIL))

    transmissions = line.send([parcel()], _yes)
    clock.now += LONGEST_PAUSE - 0.01

    assert [] == transmissions
    assert not line.usable
    assert not rest.may_try()


def test_a_relay_that_closes_at_mail_defers_the_message_and_rests() -> None:
    """421 slows the relay; the message that met it is charged, lest it meets it for ever."""
    line, _, rest, _ = _line(_ends_with(BUSY, mail=BUSY, usable=False, stale=True))

    [transmission] = line.send([parcel()], _yes)

    assert (Deferred(BUSY),) == transmission.outcomes
    assert not line.usable
    assert "mail: connection gave way" == rest.reason


def test_a_group_that_was_cut_short_ends_the_batch() -> None:
    """What was not tried goes back; the next batch finds another connection."""
    lease = FakeLease(take, at_most=1)
    line = SmtpLine(lease, access(FakePool(), Hands(), RelayWatch()))

    line.send([parcel(place=0), parcel(place=1)], _yes)

    assert not line.usable


def test_a_group_that_goes_well_ends_the_rest() -> None:
    """The probe has shown that the relay takes mail again."""
    line, _, rest, clock = _line()
    rest.failed("connect: connect_refused", "no")
    clock.now += FIRST_PAUSE
    rest.may_try()

    line.send([parcel()], _yes)

    assert "" == rest.reason


def test_a_probe_that_finds_nothing_due_ends_the_rest_too() -> None:
    """The session was opened: that is what had failed."""
    line, lease, rest, clock = _line()
    rest.failed("connect: connect_refused", "no")
    clock.now += FIRST_PAUSE
    rest.may_try()

    line.release()

    assert "" == rest.reason
    assert 1 == lease.released


def test_giving_a_line_back_after_a_failure_does_not_end_the_rest() -> None:
    """What the group showed stands."""
    line, _, rest, _ = _line(lambda _: REFUSED)
    line.send([parcel()], _yes)

    line.release()

    assert "connect: connect_refused" == rest.reason


@law("next-mechanism")
@pytest.mark.parametrize("code", [421, 432, 454])
def test_a_passing_refusal_of_auth_slows_the_relay(code: int) -> None:
    """These speak of load; parking would keep mail back until somebody looks."""
    clock = Hands()
    found = access(FakePool(), clock, RelayWatch())
    reply = Reply(code, "later", Verb.AUTH)

    note_failure(found, AuthFailedError(Stage.AUTH, Fault(FaultCode.REFUSED, "no"), reply))
    clock.now += FIRST_PAUSE

    assert found.rest.may_try()
    assert 1 == found.pace.limit


@law("refused-credentials")
@pytest.mark.parametrize("reply", [Reply(535, "wrong", Verb.AUTH), None])
def test_refused_credentials_park_the_relay_at_once(reply: Reply | None) -> None:
    """Another try a second later would bring the account nearer to being locked."""
    clock = Hands()
    found = access(FakePool(), clock, RelayWatch())

    note_failure(found, AuthFailedError(Stage.AUTH, Fault(FaultCode.REFUSED, "no"), reply))
    clock.now += LONGEST_PAUSE

    assert not found.rest.may_try()
    assert Breaker.PARKED is found.rest.breaker


def test_our_own_withdrawal_lets_no_relay_rest() -> None:
    """It was not given its time: the process ends."""
    found = access(FakePool(), Hands(), RelayWatch())

    note_failure(found, UnreachableError(Stage.GREETING, STOPPED))

    assert found.rest.may_try()


@law("enough-connections")
def test_a_relay_that_takes_no_further_connection_shows_how_many_it_takes() -> None:
    """Those that are open go on; nothing of it is a failure."""
    found = access(FakePool(in_use=3), Hands(), RelayWatch())
    greeting = Reply(421, "too many connections", Verb.GREETING)

    note_failure(
        found,
        RelayRefusedError(Stage.GREETING, Fault(FaultCode.REFUSED, "no"), greeting),
        others_work=True,
    )

    assert 3 == found.pace.limit
    assert Breaker.CLOSED is found.rest.breaker


def test_no_place_in_the_budget_is_nobodys_fault() -> None:
    """All processes together have their connections: there is nothing to rest from."""
    found = access(FakePool(), Hands(), RelayWatch())

    note_failure(found, NoPlaceError(Stage.CONNECT, Fault(FaultCode.STOPPED, "no place")))

    assert found.rest.may_try()


@pytest.mark.parametrize(
    "said",
    [
        Reply(421, "try later", Verb.RCPT),
        Reply(451, "4.7.0 Too many messages, slow down", Verb.MAIL, "4.7.0"),
        Reply(452, "4.3.1 Insufficient system storage", Verb.MAIL, "4.3.1"),
    ],
)
def test_a_relay_that_is_too_busy_gets_fewer_connections(said: Reply) -> None:
    """Half of them leave with their group; the relay is not at fault."""
    pool = FakePool(in_use=8)
    found = access(pool, Hands(), RelayWatch())
    line = SmtpLine(FakeLease(_ends_with(said)), found)

    line.send([parcel()], _yes)

    assert 4 == found.pace.limit
    assert not line.usable
    assert Breaker.CLOSED is found.rest.breaker


def test_a_relay_that_is_too_busy_for_one_connection_gets_a_pause() -> None:
    """There is nothing less than one but none for a while."""
    line, _, rest, _ = _line(_ends_with(Reply(421, "try later", Verb.RCPT)))

    line.send([parcel()], _yes)

    assert not line.usable
    assert "busy" == rest.reason


@pytest.mark.parametrize(
    "said",
    [
        Reply(452, "4.2.2 Mailbox full", Verb.RCPT, "4.2.2"),
        Reply(451, "4.3.0 Local error in processing", Verb.RCPT, "4.3.0"),
        Reply(451, "4.7.0 Too many messages, slow down", Verb.RCPT, "4.7.0"),
    ],
)
def test_a_full_mailbox_a_greylist_or_a_recipients_own_trouble_is_no_load(said: Reply) -> None:
    """They speak of one recipient, and the next one would wait for that."""
    line, _, rest, _ = _line(_ends_with(said), _ends_with(Reply(451, "Greylisted", Verb.RCPT)))

    line.send([parcel(), parcel()], _yes)

    assert line.usable
    assert "" == rest.reason
