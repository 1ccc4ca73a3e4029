"""The conversation as scripted bytes: whose turn it is, and which reply is whose."""

import pytest

from pillarbox.domain.address import Address
from pillarbox.domain.reply import Verb
from tests.laws.registry import law
from tests.unit.workers.smtp.listening import Ear, hear_all, introduced, write_out
from workers.smtp.commands import DATA, NOOP, QUIT, RSET, STARTTLS, ehlo, mail, rcpt
from workers.smtp.data import WireContent
from workers.smtp.errors import ConversationError, ProtocolViolationError
from workers.smtp.pipeline import Exchange, envelope_shape
from workers.smtp.session import Session
from workers.smtp.state import State

MAIL = mail(None)
RCPT = rcpt(Address("a", "example.com"))


@law("greeting-first")
def test_nothing_is_written_before_the_greeting() -> None:
    """RFC 5321 3.1: the server speaks first, however long its banner takes."""
    session = Session(Ear())
    session.feed(b"220-slow\r\n")
    assert [] == session.hear()

    with pytest.raises(ConversationError):
        session.ask(ehlo("client.test"), Ear())


def test_a_group_is_one_write_and_its_replies_come_in_order() -> None:
    """RFC 2920 3.1."""
    session = introduced("PIPELINING")
    for command in (MAIL, RCPT, RCPT, DATA):
        session.ask(command, Ear())

    written = write_out(session)
    heard = hear_all(session, b"250 a\r\n250 b\r\n550 c\r\n354 d\r\n")

    assert MAIL.wire + RCPT.wire + RCPT.wire + DATA.wire == written
    assert [(Verb.MAIL, 250), (Verb.RCPT, 250), (Verb.RCPT, 550), (Verb.DATA, 354)] == heard
    assert session.state is State.DATA


@law("groups-as-offered")
def test_without_pipelining_there_is_one_command_at_a_time() -> None:
    """OpenSMTPD says `500 Pipelining not supported`."""
    session = introduced("SIZE 0")
    session.ask(MAIL, Ear())

    with pytest.raises(ConversationError):
        session.ask(RCPT, Ear())


@law("nothing-behind-starttls", "groups-as-offered")
@pytest.mark.parametrize("command", [STARTTLS, NOOP, QUIT])
def test_nothing_is_written_behind_what_ends_a_group(command: object) -> None:
    """RFC 2920 3.1, RFC 3207 4: not a byte behind STARTTLS until its 220."""
    assert isinstance(command, type(NOOP))
    session = introduced("PIPELINING", "STARTTLS")
    session.ask(command, Ear())

    with pytest.raises(ConversationError):
        session.ask(NOOP, Ear())


@law("groups-as-offered")
def test_nothing_is_written_behind_data() -> None:
    """The content waits for 354."""
    session = introduced("PIPELINING")
    for command in (MAIL, RCPT, DATA):
        session.ask(command, Ear())

    with pytest.raises(ConversationError):
        session.give_data(WireContent.of(b"x").blocks(), Ear())


@law("421-anywhere", "unasked-in-tls")
@pytest.mark.parametrize("unasked", [b"421 4.4.2 idle too long\r\n", b"250 ok\r\n", b"25"])
def test_a_reply_that_answers_nothing_poisons(unasked: bytes) -> None:
    """Also half of one, which the next command would take for its answer."""
    session = introduced("PIPELINING")

    with pytest.raises(ProtocolViolationError):
        hear_all(session, unasked)


def test_a_reply_to_what_was_not_written_yet_answers_nothing() -> None:
    """A server that is ahead of us is out of step."""
    session = introduced("PIPELINING")
    session.ask(MAIL, Ear())

    with pytest.raises(ProtocolViolationError):
        hear_all(session, b"250 ok\r\n")


@law("starttls-injection")
def test_bytes_behind_the_220_of_starttls_are_refused() -> None:
    """CVE-2021-38371, CVE-2026-41319: whole replies or a fragment."""
    for injected in (b"250-evil\r\n250 AUTH PLAIN\r\n", b"250 e"):
        session = introduced("STARTTLS")
        session.ask(STARTTLS, Ear())
        write_out(session)

        with pytest.raises(ProtocolViolationError):
            hear_all(session, b"220 go\r\n" + injected)


@law("tls-forgets")
def test_after_tls_nothing_is_known_and_ehlo_comes_first() -> None:
    """RFC 3207 4.2."""
    session = introduced("STARTTLS", "PIPELINING", "AUTH PLAIN", "SIZE 10")
    session.ask(STARTTLS, Ear())
    write_out(session)
    hear_all(session, b"220 go\r\n")
    session.secured()

    assert (False, (), None) == (
        session.capabilities.pipelining,
        session.capabilities.auth,
        session.capabilities.size,
    )
    with pytest.raises(ConversationError):
        session.ask(MAIL, Ear())


@law("impossible-replies")
@pytest.mark.parametrize(
    ("commands", "replies"),
    [
        ([MAIL], b"354 go on\r\n"),
        ([MAIL, RCPT], b"250 ok\r\n354 go on\r\n"),
        ([MAIL, RCPT, DATA], b"250 ok\r\n250 ok\r\n250 ok\r\n"),
        ([RSET], b"354 what\r\n"),
    ],
)
def test_an_impossible_reply_is_a_violation(commands: list[object], replies: bytes) -> None:
    """RFC 5321 4.3.2: 354 outside of DATA, 250 to DATA: never send the body."""
    session = introduced("PIPELINING")
    for command in commands:
        assert isinstance(command, type(NOOP))
        session.ask(command, Ear())
    write_out(session)

    with pytest.raises(ProtocolViolationError):
        hear_all(session, replies)


@law("impossible-replies")
@pytest.mark.parametrize("code", [b"251", b"252", b"200", b"250"])
def test_any_2yz_takes_a_recipient(code: bytes) -> None:
    """RFC 5321 3.4: 251 will forward, 252 cannot verify; both have taken it."""
    session = introduced("PIPELINING")
    session.ask(MAIL, Ear())
    session.ask(RCPT, Ear())
    write_out(session)
    hear_all(session, b"250 ok\r\n" + code + b" x\r\n")

    assert session.state is State.ADDRESSED


@law("421-anywhere")
def test_a_421_is_the_last_answer() -> None:
    """Nothing can be asked behind it."""
    session = introduced("PIPELINING")
    session.ask(MAIL, Ear())
    write_out(session)
    hear_all(session, b"421 4.3.2 shutting down\r\n")

    assert session.over
    with pytest.raises(ConversationError):
        session.ask(RSET, Ear())


@law("torn-replies")
def test_a_torn_refusal_is_an_answer_and_the_last_one() -> None:
    """`220-x` then `521 blocked`: the last line's code, and close."""
    session = introduced("PIPELINING")
    session.ask(MAIL, Ear())
    write_out(session)

    assert [(Verb.MAIL, 550)] == hear_all(session, b"250-x\r\n550 no\r\n")
    assert session.over


@law("torn-replies")
def test_a_torn_consent_is_a_violation() -> None:
    """Of several codes, none is a yes."""
    session = introduced("PIPELINING")
    session.ask(MAIL, Ear())
    write_out(session)

    with pytest.raises(ProtocolViolationError):
        hear_all(session, b"550-x\r\n250 ok\r\n")


def session_in_data(content: bytes) -> Session:
    """Make a session that was told 354, with content to give."""
    session = introduced("PIPELINING")
    for command in (MAIL, RCPT, DATA):
        session.ask(command, Ear())
    write_out(session)
    hear_all(session, b"250 a\r\n250 b\r\n354 c\r\n")
    session.give_data(WireContent.of(content).blocks(), Ear())
    return session


@law("refusal-amid-content")
def test_a_refusal_before_the_data_ends_is_its_verdict_and_the_last_answer() -> None:
    """552 in the middle of 10 MB."""
    session = session_in_data(b"x" * 200_000)
    session.outbox.taken(len(session.outbox.head()))

    assert [(Verb.END_OF_DATA, 552)] == hear_all(session, b"552 5.3.4 too big\r\n")
    assert session.over


@law("refusal-amid-content")
def test_a_consent_before_the_data_ends_is_a_violation() -> None:
    """Nobody can have taken what was not sent."""
    session = session_in_data(b"x" * 200_000)
    session.outbox.taken(len(session.outbox.head()))

    with pytest.raises(ProtocolViolationError):
        hear_all(session, b"250 2.0.0 queued\r\n")


@law("clean-before-the-next")
def test_a_refused_message_leaves_a_session_that_needs_rset() -> None:
    """Or the old recipients get the new message."""
    session = session_in_data(b"x")
    session.outbox.lift()
    write_out(session)
    hear_all(session, b"554 5.7.1 spam\r\n")

    assert session.needs_reset
    session.ask(RSET, Ear())
    write_out(session)
    hear_all(session, b"250 ok\r\n")
    assert not session.needs_reset


@law("clean-before-the-next")
def test_a_bad_answer_to_rset_ends_the_session() -> None:
    """Haraka answered 503; the state is anybody's guess."""
    session = introduced("PIPELINING")
    session.ask(RSET, Ear())
    write_out(session)
    hear_all(session, b"503 5.5.1 what\r\n")

    assert session.over


@law("mail-refused")
def test_354_behind_a_refused_mail_ends_the_session() -> None:
    """Nobody knows what a lone dot would send."""
    session = introduced("PIPELINING")
    for command in (MAIL, RCPT, DATA):
        session.ask(command, Ear())
    write_out(session)
    heard = hear_all(session, b"550 no\r\n503 no mail\r\n354 go\r\n")

    assert [550, 503, 354] == [code for _, code in heard]
    assert session.over


@law("replies-cut-anywhere")
def test_a_reply_of_several_lines_is_one_wherever_the_bytes_are_cut() -> None:
    """RFC 5321 4.2.1: its last line alone looks like a whole reply, and shifts all others."""
    session = introduced("PIPELINING")
    ear = Ear()
    wires = (MAIL.wire, RCPT.wire, DATA.wire)
    shape = envelope_shape(1, "DATA", reset=False)
    session.ask_all(Exchange(shape, wires, ear, 0.0, (0,)), sum(map(len, wires)))
    write_out(session)

    assert [] == hear_all(session, b"250-first\r\n")
    hear_all(session, b"250 second\r\n250 b\r\n354 c\r\n")

    assert ["first\nsecond", "b", "c"] == [reply.text for reply in ear.replies]
