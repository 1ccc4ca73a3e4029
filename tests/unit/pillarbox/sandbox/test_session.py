"""What the relay answers, command by command."""

import pytest

from pillarbox.sandbox.limits import Limits
from pillarbox.sandbox.session import Session
from pillarbox.sandbox.steps import Say
from tests.unit.pillarbox.sandbox.talk import CREDENTIALS, TOKEN, Talk, logged_in

BEGIN = b"MAIL FROM:<a@one.test>\r\nRCPT TO:<b@two.test>\r\n"


def test_it_greets_first() -> None:
    assert Talk().greeting.startswith(b"220 localhost ESMTP")


def test_in_clear_it_offers_starttls_and_no_auth() -> None:
    """RFC 4954 4: a mechanism that shows the password is not offered in clear."""
    answer = Talk().say(b"EHLO client.test\r\n")
    assert b"250 STARTTLS\r\n" in answer
    assert b"AUTH" not in answer


def test_over_tls_it_offers_auth_and_no_starttls() -> None:
    talk = Talk()
    talk.say(b"EHLO client.test\r\n")
    talk.say(b"STARTTLS\r\n")
    answer = talk.say(b"EHLO client.test\r\n")
    assert b"250 AUTH PLAIN LOGIN\r\n" in answer
    assert b"STARTTLS" not in answer


def test_ehlo_lists_the_extensions() -> None:
    answer = Talk(Limits(message_size=4711)).say(b"EHLO client.test\r\n")
    for extension in (b"PIPELINING", b"SIZE 4711", b"8BITMIME", b"SMTPUTF8", b"CHUNKING"):
        assert b"250-" + extension + b"\r\n" in answer
    assert b"250-ENHANCEDSTATUSCODES\r\n" in answer


def test_without_chunking_there_is_no_bdat() -> None:
    """For what a client does with DATA alone."""
    session = Session(CREDENTIALS, Limits(), has_chunking=False)
    session.feed(b"EHLO client.test\r\nBDAT 3 LAST\r\n")
    said = b""
    while isinstance(step := session.next_step(), Say):
        said += step.octets

    assert b"CHUNKING" not in said
    assert said.endswith(b"500 5.5.1 command not known\r\n")


def test_helo_has_one_line() -> None:
    assert Talk().say(b"HELO client.test\r\n") == b"250 localhost\r\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"EHLO", 501),
        (b"MAIL FROM:<a@one.test>", 503),
        (b"RCPT TO:<a@one.test>", 503),
        (b"DATA", 503),
        (b"AUTH PLAIN x", 538),
        (b"STARTTLS now", 501),
        (b"EXPN list", 500),
        (b"", 500),
        (b"NOOP \xff", 500),
        (b"NOOP \x1b[2J", 500),
        (b"NOOP", 250),
        (b"noop anything", 250),
        (b"RSET", 250),
        (b"VRFY somebody", 252),
    ],
)
def test_before_ehlo(line: bytes, code: int) -> None:
    assert Talk().codes(line + b"\r\n") == [code]


def test_mail_wants_tls_and_then_auth() -> None:
    talk = Talk()
    talk.say(b"EHLO client.test\r\n")
    assert talk.say(b"MAIL FROM:<a@one.test>\r\n").startswith(b"530 5.7.0 STARTTLS")
    talk.say(b"STARTTLS\r\n")
    talk.say(b"EHLO client.test\r\n")
    assert talk.say(b"MAIL FROM:<a@one.test>\r\n").startswith(b"530 5.7.0 AUTH")


def test_tls_forgets_that_ehlo_was_said() -> None:
    """RFC 3207 4.2."""
    talk = Talk()
    talk.say(b"EHLO client.test\r\n")
    talk.say(b"STARTTLS\r\n")
    assert talk.codes(f"AUTH PLAIN {TOKEN}\r\n".encode()) == [503]


def test_a_command_behind_starttls_is_refused() -> None:
    """It would be read as if TLS had carried it (CVE-2011-0411 and its many children)."""
    talk = Talk()
    talk.say(b"EHLO client.test\r\n")
    assert talk.codes(b"STARTTLS\r\nEHLO injected.test\r\n") == [554]
    assert talk.is_closed


def test_starttls_twice_is_refused() -> None:
    assert logged_in().codes(b"STARTTLS\r\n") == [503]


def test_quit_says_goodbye() -> None:
    talk = Talk()
    assert talk.codes(b"QUIT\r\nNOOP\r\n") == [221]
    assert talk.is_closed


def test_a_mail_is_kept_with_its_envelope_and_an_id() -> None:
    talk = logged_in()
    assert talk.codes(BEGIN + b"RCPT TO:<c@two.test>\r\nDATA\r\n") == [250, 250, 250, 354]
    assert talk.say(b"Subject: x\r\n\r\nbody\r\n.\r\n") == b"250 2.0.0 Ok: kept as ID1\r\n"
    (mail,) = talk.kept
    assert mail.sender == "a@one.test"
    assert mail.recipients == ("b@two.test", "c@two.test")
    assert mail.content == b"Subject: x\r\n\r\nbody\r\n"


def test_a_pipelined_group_is_answered_in_order() -> None:
    """RFC 2920: the end of one content may share a group with the next transaction."""
    talk = logged_in()
    talk.say(BEGIN + b"DATA\r\n")
    group = b"A: 1\r\n\r\n.\r\n" + BEGIN + b"RCPT TO:wrong\r\nDATA\r\n"
    assert talk.codes(group) == [250, 250, 250, 501, 354]
    assert talk.codes(b"A: 2\r\n\r\n.\r\nQUIT\r\n") == [250, 221]
    assert len(talk.kept) == 2


def test_octet_by_octet_is_the_same() -> None:
    talk = logged_in()
    said = BEGIN + b"DATA\r\n" + b"A: b\r\n\r\n..\r\n.\r\n" + BEGIN + b"BDAT 2 LAST\r\n\r\nQUIT\r\n"
    answer = b"".join(talk.say(bytes([octet])) for octet in said)
    assert answer.count(b"\r\n") == 8
    assert [mail.content for mail in talk.kept] == [b"A: b\r\n\r\n.\r\n", b"\r\n"]


def test_data_without_a_recipient_is_refused() -> None:
    talk = logged_in()
    assert talk.codes(b"MAIL FROM:<>\r\nDATA\r\n") == [250, 554]


def test_a_nested_mail_is_refused() -> None:
    talk = logged_in()
    assert talk.codes(BEGIN + b"MAIL FROM:<c@one.test>\r\n") == [250, 250, 503]


def test_rset_and_ehlo_forget_the_transaction() -> None:
    """Or old recipients would get the next message."""
    for command in (b"RSET\r\n", b"EHLO client.test\r\n"):
        talk = logged_in()
        talk.say(BEGIN + command)
        assert talk.codes(b"RCPT TO:<c@two.test>\r\n") == [503]


def test_a_recipient_too_many_is_452() -> None:
    """RFC 5321 4.5.3.1.10."""
    talk = logged_in(Limits(recipients=1))
    assert talk.say(BEGIN + b"RCPT TO:<c@two.test>\r\n").endswith(
        b"452 4.5.3 more than 1 recipients\r\n"
    )


def test_an_endless_line_is_cut_off() -> None:
    talk = Talk(Limits(command_line=100))
    assert talk.codes(b"x" * 99) == []
    assert talk.codes(b"x") == [500]
    assert talk.is_closed


def test_a_mail_that_cannot_be_kept_is_451() -> None:
    talk = Talk()
    talk.session.not_kept()
    assert talk.codes(b"") == [451]
