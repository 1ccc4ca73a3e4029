"""What is drawn of a session's opening: in whose trace, and when."""

from dataclasses import replace
from datetime import timedelta

from pillarbox.domain.attempt import ConnectionFacts, OpeningStep
from pillarbox.domain.retry import RetrySchedule
from pillarbox.flows.ports.claims import DeliverySettlement
from pillarbox.flows.settle import Bookkeeper, Circumstances
from tests.fakes.categories import other
from tests.fakes.deliveries import NOW, RELAY, TAKEN, delivery
from tests.fakes.traces import CALLER, SPAN_ID, TRACE_ID, RecordedTraces, parent_of

SECOND = timedelta(seconds=1)
BEGAN = round(NOW.timestamp()) * 1_000_000_000


def _settled(connection: ConnectionFacts) -> DeliverySettlement:
    """Settle a transaction over this connection."""
    books = Bookkeeper(RetrySchedule(SECOND, SECOND), other, lambda: 0.0)
    circumstances = Circumstances("default", NOW, NOW + SECOND, (), connection)
    return books.attempted(replace(delivery(), trace=CALLER), (TAKEN,), circumstances)


def test_the_opening_of_a_session_is_in_the_trace_of_the_first_mail_it_carried() -> None:
    """A handshake that is slow is what a caller waited for; it ends where its mail begins."""
    opening = (OpeningStep("connect", 20.0), OpeningStep("tls", 30.0), OpeningStep("auth", 50.0))
    fresh = replace(RELAY, reused=False, opening=opening)
    traces = RecordedTraces()

    traces.tracer.attempted(_settled(fresh))

    session, transaction = traces.spans
    assert ("connect default", "send default") == (session.name, transaction.name)
    assert (TRACE_ID, SPAN_ID) == parent_of(session)
    assert transaction.start_time == session.end_time == BEGAN
    assert session.start_time == BEGAN - 100_000_000
    assert ["CONNECT", "TLS", "AUTH"] == [each.name for each in session.events]
    assert session.end_time == session.events[-1].timestamp
    assert session.attributes is not None
    assert ("relay.test", 587, "1.3") == (
        session.attributes["server.address"],
        session.attributes["server.port"],
        session.attributes["tls.protocol.version"],
    )


def test_a_session_that_was_opened_before_is_not_drawn_again() -> None:
    """It is another message's, and told there."""
    traces = RecordedTraces()

    traces.tracer.attempted(_settled(RELAY))

    assert "send default" == traces.only().name
