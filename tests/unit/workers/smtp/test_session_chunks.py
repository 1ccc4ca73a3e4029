"""Chunks in the conversation, counted to the octet (RFC 3030)."""

import pytest

from pillarbox.domain.address import Address
from tests.laws.registry import law
from tests.unit.workers.smtp.listening import Ear, hear_all, introduced
from workers.smtp.commands import mail, rcpt
from workers.smtp.errors import ConversationError, ProtocolViolationError
from workers.smtp.pipeline import SINGLE, Exchange, envelope_shape

MAIL = mail(None)
RCPT = rcpt(Address("a", "example.com"))
CHUNKED = ("PIPELINING", "CHUNKING")


def chunk(content: bytes, ear: Ear) -> tuple[Exchange, int]:
    """Make the exchange of a whole message by BDAT, and its size."""
    wires = (MAIL.wire, RCPT.wire, b"BDAT %d LAST\r\n" % len(content), content)
    return Exchange(envelope_shape(1, "END-OF-DATA", reset=False), wires, ear, 0.0, (0,)), sum(
        map(len, wires)
    )


@law("refusal-amid-content")
def test_an_early_yes_to_a_chunk_answers_nothing() -> None:
    """Nobody can have taken what was not sent whole; a refusal may come at once."""
    for said, fine in ((b"250 c\r\n", False), (b"552 c\r\n", True)):
        session, ear = introduced(*CHUNKED), Ear()
        exchange, size = chunk(b"x" * 100, ear)
        session.ask_all(exchange, size, ends_data=True)
        session.outbox.head()
        session.outbox.taken(size - 1)
        session.feed(b"250 a\r\n250 b\r\n" + said)
        if fine:
            assert [250, 250, 552] == [reply.code for reply in session.hear()]
            assert not session.over
        else:
            with pytest.raises(ProtocolViolationError):
                session.hear()


def test_a_reply_to_a_chunk_whose_line_was_not_written_answers_nothing() -> None:
    """A server that is ahead of us is out of step, also where it refuses."""
    session, ear = introduced(*CHUNKED), Ear()
    exchange, size = chunk(b"x" * 100, ear)
    session.ask_all(exchange, size, ends_data=True)
    session.outbox.head()
    session.outbox.taken(size - 101)

    with pytest.raises(ProtocolViolationError):
        hear_all(session, b"250 a\r\n250 b\r\n552 c\r\n")


@law("uncertain-after-the-end")
def test_the_data_may_have_ended_with_the_last_octet_of_the_last_chunk() -> None:
    """RFC 3030 2: with one less, the server cannot have the message."""
    session, ear = introduced(*CHUNKED), Ear()
    exchange, size = chunk(b"x" * 100, ear)
    start = session.outbox.end
    session.ask_all(exchange, size, ends_data=True)

    assert (start + size, start + size) == (exchange.ending, exchange.end)
    assert [start + len(MAIL.wire), start + size - 100] == [
        exchange.begins_at(0),
        exchange.begins_at(2),
    ]


def test_a_chunk_needs_a_recipient_first() -> None:
    """RFC 3030 2: 503 is what a server would say."""
    session = introduced(*CHUNKED)

    with pytest.raises(ConversationError):
        session.ask_all(Exchange(SINGLE["BDAT"], (b"BDAT 1\r\n", b"x"), Ear(), 0.0), 9)
