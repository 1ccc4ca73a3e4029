"""What a message needs of the relay, and what becomes of it without."""

import pytest

from pillarbox.domain.address import Address
from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Script
from tests.unit.workers.smtp.carrying import BODY, carry, codes, connect, to
from workers.smtp.errors import FaultCode
from workers.smtp.transaction import Transaction

PIPELINED = ("PIPELINING",)


@law("size-first")
@pytest.mark.parametrize(
    ("size", "expected"),
    [("SIZE 10", FaultCode.TOO_LARGE), ("SIZE 0", 250), ("SIZE", 250), ("SIZE 99999", 250)],
)
def test_a_message_over_the_limit_is_not_even_begun(size: str, expected: object) -> None:
    """Locally; 0 and nothing mean no limit; the size that is declared is the real one."""
    with ScriptedServer(Script(ehlo=("PIPELINING", size))) as server:
        connection = connect(server)
        result = carry(connection, to("a"))
        connection.quit()
        assert [expected] == codes(result)
        began = f"MAIL FROM:<s@example.com> SIZE={len(BODY)}".encode() in server.last.lines
        assert (expected == 250) is began
        assert result.usable


@law("eight-bit-offered")
@pytest.mark.parametrize(
    ("keyword", "expected"), [("8BITMIME", 250), ("X", FaultCode.EIGHT_BIT_UNAVAILABLE)]
)
def test_8_bit_content_wants_8bitmime(keyword: str, expected: object) -> None:
    """RFC 6152: on MAIL, only when it is needed; never sent without."""
    with ScriptedServer(Script(ehlo=("PIPELINING", keyword))) as server:
        connection = connect(server)
        seven = carry(connection, to("a"))
        eight = carry(connection, to("a", content=b"Subject: x\r\n\r\n\xc3\xa9\r\n"))
        connection.quit()
        assert [250] == codes(seven)
        assert [expected] == codes(eight)
        mails = [line for line in server.last.lines if line.startswith(b"MAIL")]
        assert b"MAIL FROM:<s@example.com>" == mails[0]
        assert [b"MAIL FROM:<s@example.com> BODY=8BITMIME"] * (expected == 250) == mails[1:]


UMLAUT = Address("jürgen", "xn--r8jz45g.jp", "jürgen@例え.jp")
IDN = Address("user", "xn--bcher-kva.example", "user@bücher.example")
ASCII = Address("a", "example.com")


@law("smtputf8-offered")
def test_smtputf8_is_asked_for_when_a_local_part_needs_it() -> None:
    """RFC 6531 3.4."""
    with ScriptedServer(Script(ehlo=("PIPELINING", "8BITMIME", "SMTPUTF8"))) as server:
        connection = connect(server)
        result = carry(connection, Transaction(ASCII, (UMLAUT,), BODY))
        connection.quit()
        assert [250] == codes(result)
        assert b"MAIL FROM:<a@example.com> SMTPUTF8" in server.last.lines
        assert "RCPT TO:<jürgen@xn--r8jz45g.jp>".encode() in server.last.lines


@law("smtputf8-offered")
def test_an_internationalised_domain_alone_goes_without_smtputf8() -> None:
    """As A-labels."""
    with ScriptedServer(Script(ehlo=("PIPELINING", "SMTPUTF8"))) as server:
        connection = connect(server)
        result = carry(connection, Transaction(IDN, (IDN,), BODY))
        connection.quit()
        assert [250] == codes(result)
        assert b"MAIL FROM:<user@xn--bcher-kva.example>" in server.last.lines


@law("smtputf8-offered")
def test_without_smtputf8_only_those_who_need_it_are_refused() -> None:
    """The others still go."""
    with ScriptedServer() as server:
        connection = connect(server)
        result = carry(connection, Transaction(ASCII, (ASCII, UMLAUT, IDN), BODY))
        connection.quit()
        assert [250, FaultCode.SMTPUTF8_UNAVAILABLE, 250] == codes(result)
        assert 2 == server.last.verbs.count("RCPT")


@law("smtputf8-offered")
@pytest.mark.parametrize(
    "transaction",
    [
        Transaction(UMLAUT, (ASCII, IDN), BODY),
        Transaction(ASCII, (ASCII, IDN), BODY, utf8_headers=True),
        Transaction(ASCII, (ASCII, IDN), "Subject: é\r\n\r\nx\r\n".encode()),
    ],
)
def test_without_smtputf8_a_sender_or_header_that_needs_it_refuses_all(
    transaction: Transaction,
) -> None:
    """And not a byte goes out."""
    with ScriptedServer() as server:
        connection = connect(server)
        result = carry(connection, transaction)
        connection.quit()
        assert [FaultCode.SMTPUTF8_UNAVAILABLE] * 2 == codes(result)
        assert "MAIL" not in server.last.verbs


@law("smtputf8-offered")
@pytest.mark.parametrize(
    ("content", "keyword", "lacking"),
    [
        (b"Subject: x\r\n\r\n\xc3\xa9\r\n", "X", FaultCode.EIGHT_BIT_UNAVAILABLE),
        ("To: jürgen@xn--r8jz45g.jp\r\n\r\nx\r\n".encode(), "X", FaultCode.EIGHT_BIT_UNAVAILABLE),
        (BODY, "SIZE 10", FaultCode.TOO_LARGE),
    ],
)
def test_who_needs_smtputf8_is_told_so_whatever_else_the_relay_lacks(
    content: bytes, keyword: str, lacking: FaultCode
) -> None:
    """RFC 6531 3.2: their address can never go there; the others learn what stops the content."""
    with ScriptedServer(Script(ehlo=("PIPELINING", keyword))) as server:
        connection = connect(server)
        result = carry(connection, Transaction(ASCII, (ASCII, UMLAUT, IDN), content))
        connection.quit()
        assert [lacking, FaultCode.SMTPUTF8_UNAVAILABLE, lacking] == codes(result)
        assert "MAIL" not in server.last.verbs


@law("address-control-characters", "quoted-local-part", "no-smuggling")
def test_what_must_not_go_on_the_wire_is_refused_without_traffic() -> None:
    """An address, a sender or a content; the other recipients still go."""
    bad = Address('"a\r\nRCPT TO:<x@y>"', "example.com")
    with ScriptedServer() as server:
        connection = connect(server)
        results = [
            carry(connection, Transaction(ASCII, (bad, ASCII), BODY)),
            carry(connection, Transaction(bad, (ASCII,), BODY)),
            carry(connection, to("a", content=b"a\r\n\0.\r\nb\r\n")),
        ]
        connection.quit()
        invalid = FaultCode.INVALID_ARGUMENT
        assert [[invalid, 250], [invalid], [invalid]] == [codes(result) for result in results]
        assert 1 == server.last.verbs.count("RCPT") == server.last.verbs.count("MAIL")


@law("paths-as-written")
def test_the_null_sender_is_two_angle_brackets() -> None:
    """RFC 5321 4.5.5."""
    with ScriptedServer(Script(ehlo=PIPELINED)) as server:
        connection = connect(server)
        assert [250] == codes(carry(connection, to("a", sender=None)))
        connection.quit()
        assert b"MAIL FROM:<>" in server.last.lines


@law("no-smuggling", "size-first")
def test_bare_line_ends_do_not_reach_the_wire() -> None:
    """The smuggled message arrives as text."""
    evil = b"Subject: x\n\na\r\n.\nb\n.\r\nMAIL FROM:<evil@example.com>\r\n\r.\r"
    with ScriptedServer(Script(ehlo=(*PIPELINED, "SIZE 0"))) as server:
        connection = connect(server)
        assert [250] == codes(carry(connection, to("a", content=evil)))
        connection.quit()
        raw = bytes(server.last.raw)
        assert raw.count(b"\r\n") == raw.count(b"\r") == raw.count(b"\n")
        [arrived] = server.last.messages
        size = len(arrived) - arrived.count(b"\r\n..")
        assert b"MAIL FROM:<s@example.com> SIZE=%d" % size in server.last.lines


@law("eight-bit-offered")
def test_eight_bit_content_has_a_seven_bit_form_where_8bitmime_is_not_offered() -> None:
    """RFC 6152 3: made only then, and measured and sent in the place of the other."""
    asked: list[bool] = []

    def seven_bit() -> bytes:
        asked.append(True)
        return BODY

    mail = Transaction(ASCII, (ASCII,), b"Subject: x\r\n\r\n\xc3\xa9\r\n", seven_bit=seven_bit)
    with ScriptedServer(Script(ehlo=("8BITMIME",)), Script(ehlo=("SIZE",))) as server:
        for _ in range(2):
            connection = connect(server)
            result = carry(connection, mail)
            connection.quit()
            assert [250] == codes(result)
        assert [[mail.content], [BODY]] == [served.messages for served in server.served]
        assert f"MAIL FROM:<a@example.com> SIZE={len(BODY)}".encode() in server.last.lines
        assert [True] == asked
