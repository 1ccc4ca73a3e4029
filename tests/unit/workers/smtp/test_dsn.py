"""What a sender wants to be told (RFC 3461)."""

import pytest

from pillarbox.domain.address import Address
from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Script
from tests.unit.workers.smtp.carrying import BODY, carry, codes, connect
from workers.smtp.dsn import DsnNotify, DsnRequest, DsnReturn, xtext
from workers.smtp.errors import ArgumentRefusedError, FaultCode
from workers.smtp.transaction import Transaction

SENDER = Address("s", "example.com")
ALICE, BOB = Address("a", "example.com"), Address("b+c=d", "example.com")


def wanting(
    returned: DsnReturn | None = None,
    envelope_id: str = "",
    notify: frozenset[DsnNotify] | None = None,
    original: tuple[Address, ...] = (),
) -> Transaction:
    """Make a transaction for two with these wishes."""
    request = DsnRequest(returned, envelope_id, notify, original)
    return Transaction(SENDER, (ALICE, BOB), BODY, dsn=request)


@law("dsn-offered")
@pytest.mark.parametrize(
    ("transaction", "mail", "rcpts"),
    [
        (wanting(), b"", (b"", b"")),
        (wanting(returned=DsnReturn.HEADERS), b" RET=HDRS", (b"", b"")),
        (
            wanting(returned=DsnReturn.FULL, envelope_id="a b+c=d"),
            b" RET=FULL ENVID=a+20b+2Bc+3Dd",
            (b"", b""),
        ),
        (wanting(notify=frozenset()), b"", (b" NOTIFY=NEVER",) * 2),
        (
            wanting(notify=frozenset({DsnNotify.DELAY, DsnNotify.SUCCESS})),
            b"",
            (b" NOTIFY=SUCCESS,DELAY",) * 2,
        ),
        (
            wanting(original=(ALICE, BOB)),
            b"",
            (b" ORCPT=rfc822;a@example.com", b" ORCPT=rfc822;b+2Bc+3Dd@example.com"),
        ),
        (wanting(original=(Address("\u00e9", "example.com"),)), b"", (b"", b"")),
    ],
)
def test_the_wishes_travel_in_xtext(
    transaction: Transaction, mail: bytes, rcpts: tuple[bytes, bytes]
) -> None:
    """`+`, `=` and the space are written in hexadecimal."""
    with ScriptedServer(Script(ehlo=("PIPELINING", "DSN"))) as server:
        connection = connect(server)
        result = carry(connection, transaction)
        connection.quit()
        assert [250, 250] == codes(result)
        assert [
            b"MAIL FROM:<s@example.com>" + mail,
            b"RCPT TO:<a@example.com>" + rcpts[0],
            b"RCPT TO:<b+c=d@example.com>" + rcpts[1],
        ] == server.last.lines[1:4]


@law("dsn-offered")
def test_a_relay_that_does_not_offer_dsn_is_not_asked() -> None:
    """Postfix says `501 DSN support is disabled`; the mail goes without."""
    wish = wanting(returned=DsnReturn.FULL, envelope_id="1", notify=frozenset(), original=(ALICE,))
    with ScriptedServer(Script(ehlo=("PIPELINING",))) as server:
        connection = connect(server)
        result = carry(connection, wish)
        connection.quit()
        assert [250, 250] == codes(result)
        assert b"MAIL FROM:<s@example.com>" in server.last.lines
        assert b"RCPT TO:<a@example.com>" in server.last.lines


@law("argument-control-characters", "dsn-offered")
@pytest.mark.parametrize("evil", ["a\r\nRSET", "\0", "\x7f", "\u00e9", "\u2028", "x" * 101])
def test_an_envelope_id_that_cannot_travel_is_refused_here(evil: str) -> None:
    """No byte of it is sent."""
    with ScriptedServer(Script(ehlo=("PIPELINING", "DSN"))) as server:
        connection = connect(server)
        result = carry(connection, wanting(envelope_id=evil))
        connection.quit()
        assert [FaultCode.INVALID_ARGUMENT] * 2 == codes(result)
        assert "MAIL" not in server.last.verbs


@pytest.mark.parametrize("character", [chr(point) for point in range(0x21, 0x7F)])
def test_every_printable_character_survives_xtext(character: str) -> None:
    """RFC 3461 4."""
    encoded = xtext("ENVID", character)
    plain = character not in "+="

    assert (character if plain else f"+{ord(character):02X}").encode() == encoded


@law("argument-control-characters")
def test_a_space_is_written_and_a_control_character_refused() -> None:
    """One encoder, and what could end the line does not pass it."""
    assert b"+20" == xtext("ENVID", " ")
    with pytest.raises(ArgumentRefusedError):
        xtext("ENVID", "\n")
