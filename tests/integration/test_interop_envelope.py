"""What four real servers do not offer costs a message nothing but an honest word."""

from dataclasses import replace

from pillarbox.domain.address import Address
from tests.integration.interop import (
    CONTENT,
    Offer,
    Relay,
    Wire,
    arrived,
    codes,
    connected,
    lend,
    pool_of,
    send,
    to,
)
from tests.servers.kept_mail import KeptMail
from tests.servers.mail_server import SIZE_LIMIT
from tests.waiting import wait_until
from workers.smtp.dsn import DsnNotify, DsnRequest, DsnReturn
from workers.smtp.errors import FaultCode


def test_a_message_that_is_too_large_is_refused_before_a_byte_of_it(relay: Relay) -> None:
    """RFC 1870 6.1: SIZE is declared, and what is above it is not even begun."""
    too_large = to("large@size.test", content=CONTENT % (b"l", b"l") + b"x\r\n" * 10_000_001)
    assert len(too_large.content) > SIZE_LIMIT
    with pool_of(relay) as pool, lend(pool) as lease:
        wire = Wire(connected(lease))
        refused = send(lease, too_large)
        said = list(wire.turns)
        taken = send(lease, to("small@size.test"))

    assert ([FaultCode.TOO_LARGE], []) == (codes(refused), said)
    assert [250] == codes(taken)
    assert b" SIZE=" in wire.turns[0].partition(b"\r\n")[0]
    assert 1 == pool.stats.opened


def test_an_address_beyond_ascii_goes_with_smtputf8_or_not_at_all(
    relay: Relay, offer: Offer
) -> None:
    """RFC 6531 3.2: where it is not offered, that recipient alone fails, by our own finding."""
    message = to("plain@utf8.test", "jürgen@utf8.test", content=CONTENT % (b"utf8", b"utf8"))
    with pool_of(relay) as pool, lend(pool) as lease:
        wire = Wire(connected(lease))
        results = send(lease, message)

    said = b"".join(wire.turns)
    assert ("SMTPUTF8" in offer) == (b" SMTPUTF8\r\n" in said)
    if "SMTPUTF8" in offer:
        assert [250, 250] == codes(results)
        wait_until(lambda: len(_about(relay, "utf8")) == 2, 20, "both mails")
    else:
        assert [250, FaultCode.SMTPUTF8_UNAVAILABLE] == codes(results)
        assert "jürgen".encode() not in said
        arrived(relay, "utf8.test", 1)


def test_a_domain_beyond_ascii_needs_no_extension(relay: Relay) -> None:
    """RFC 5890: it travels as A-labels."""
    message = to("a@xn--bcher-kva.test")
    with pool_of(relay) as pool, lend(pool) as lease:
        wire = Wire(connected(lease))
        assert [250] == codes(send(lease, message))

    assert b"SMTPUTF8" not in b"".join(wire.turns)


def test_eight_bits_are_declared(relay: Relay) -> None:
    """RFC 6152: BODY=8BITMIME at MAIL, and only for content that has them."""
    with pool_of(relay) as pool, lend(pool) as lease:
        wire = Wire(connected(lease))
        send(lease, to("seven@bits.test"))
        send(lease, to("eight@bits.test", content=CONTENT % (b"8", b"8") + b"\xe9\r\n"))

    mails = [line for turn in wire.turns for line in turn.split(b"\r\n") if line[:5] == b"MAIL "]
    assert [False, True] == [b" BODY=8BITMIME" in line for line in mails]
    assert {"seven", "eight"} == set(arrived(relay, "bits.test", 2))


def test_the_wish_for_notifications_is_understood_or_left_out(relay: Relay, offer: Offer) -> None:
    """RFC 3461: RET, ENVID, NOTIFY and ORCPT where DSN is offered; else the message goes bare."""
    wish = DsnRequest(
        DsnReturn.HEADERS,
        "a+b=c d",
        frozenset({DsnNotify.FAILURE, DsnNotify.DELAY}),
        (Address("original", "dsn.test"),),
    )
    with pool_of(relay) as pool, lend(pool) as lease:
        wire = Wire(connected(lease))
        results = send(lease, to("notified@dsn.test", dsn=wish))

    assert [250] == codes(results)
    assert ("DSN" in offer) == (b" RET=HDRS ENVID=a+2Bb+3Dc+20d" in b"".join(wire.turns))


def test_the_null_sender_is_taken(relay: Relay) -> None:
    """RFC 5321 4.5.5: MAIL FROM:<>."""
    transaction = to("bounce@null.test")
    with pool_of(relay) as pool, lend(pool) as lease:
        assert [250] == codes(send(lease, replace(transaction, sender=None)))

    [mail] = arrived(relay, "null.test", 1).values()
    assert "" == mail.sender


def test_a_hundred_recipients_are_one_transaction(relay: Relay) -> None:
    """RFC 5321 4.5.3.1.8: a server takes a hundred at least."""
    names = [f"r{n}@hundred.test" for n in range(100)]
    with pool_of(relay) as pool, lend(pool) as lease:
        results = send(lease, to(*names))

    assert [250] * 100 == codes(results)
    assert 1 == sum(step.verb == "MAIL" for step in results[0].steps)
    arrived(relay, "hundred.test", 100)


def _about(relay: Relay, subject: str) -> list[KeptMail]:
    return [mail for mail in relay.mails() if mail.message["Subject"] == subject]
