"""The relay with sockets around it, as a mail program meets it."""

import re
import smtplib
import socket
import ssl
from pathlib import Path

import pytest

from pillarbox.sandbox.certificate import Certificate
from pillarbox.sandbox.limits import Limits
from pillarbox.sandbox.maildir import Maildir
from pillarbox.sandbox.sasl import Credentials
from pillarbox.sandbox.server import PortTakenError, SandboxRelay
from tests.waiting import wait_until

CONTENT = b"Subject: x\r\n\r\n.one\r\n..two\r\nlast\r\n"


def _mails(maildir: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((maildir / "new").iterdir())]


def _reads(connection: socket.socket) -> bytes:
    """Read until the relay closes."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def _by_hand(relay: SandboxRelay) -> socket.socket:
    return socket.create_connection(("127.0.0.1", relay.port), timeout=10)


def test_a_mail_goes_in_and_is_kept_byte_for_byte(client: smtplib.SMTP, maildir: Path) -> None:
    assert client.sendmail("a@one.test", ["b@two.test", "c@two.test"], CONTENT) == {}
    envelope = (
        b"Return-Path: <a@one.test>\r\nDelivered-To: b@two.test\r\nDelivered-To: c@two.test\r\n"
    )
    assert _mails(maildir) == [envelope + CONTENT]


def test_the_250_names_the_file(client: smtplib.SMTP, maildir: Path) -> None:
    client.mail("a@one.test")
    client.rcpt("b@two.test")
    code, text = client.data(CONTENT)
    match = re.fullmatch(rb"2\.0\.0 Ok: kept as ([0-9A-F]{12})", text)
    assert code == 250
    assert match
    assert Maildir(maildir).file_of(match[1].decode()).read_bytes().endswith(CONTENT)


def test_the_certificate_is_verified_by_its_ca_alone(
    relay: SandboxRelay, certificate: Certificate
) -> None:
    for host in ("localhost", "127.0.0.1"):
        with smtplib.SMTP(host, relay.port, timeout=10) as client:
            assert client.starttls(context=certificate.client_context())[0] == 220
    with smtplib.SMTP("localhost", relay.port, timeout=10) as client:
        with pytest.raises(ssl.SSLCertVerificationError):
            client.starttls(context=ssl.create_default_context())
        client.close()
    wait_until(lambda: not relay._connections)


def test_a_wrong_password_is_535(relay: SandboxRelay, certificate: Certificate) -> None:
    with smtplib.SMTP("localhost", relay.port, timeout=10) as client:
        client.starttls(context=certificate.client_context())
        with pytest.raises(smtplib.SMTPAuthenticationError) as refusal:
            client.login("mailer", "wrong")
    assert refusal.value.smtp_code == 535


def test_auth_before_tls_is_538(relay: SandboxRelay) -> None:
    with smtplib.SMTP("localhost", relay.port, timeout=10) as client:
        client.ehlo()
        assert client.docmd("AUTH", "PLAIN AG1haWxlcgBzZWNyZXQ=")[0] == 538


def test_a_pipelined_group_in_one_segment(client: smtplib.SMTP, maildir: Path) -> None:
    transaction = b"MAIL FROM:<a@one.test>\r\nRCPT TO:<b@two.test>\r\n"
    client.send((transaction + b"BDAT 2 LAST\r\n\r\n") * 20 + b"NOOP\r\n")
    assert [client.getreply()[0] for _ in range(61)] == [250] * 61
    assert len(_mails(maildir)) == 20


def test_too_much_is_552_and_the_session_goes_on(client: smtplib.SMTP, maildir: Path) -> None:
    client.mail("a@one.test")
    client.rcpt("b@two.test")
    assert client.data((b"x" * 900 + b"\r\n") * 2_000)[0] == 552
    assert client.noop()[0] == 250
    assert _mails(maildir) == []


def test_a_client_that_is_cut_off_can_read_why(client: smtplib.SMTP) -> None:
    """A reset must not overtake the reply, though the client is speaking still."""
    client.mail("a@one.test")
    client.rcpt("b@two.test")
    client.docmd("DATA")
    client.send(b"bare\nline feed\r\n")
    client.send(b"x" * 400 + b"\r\n")
    assert client.getreply()[0] == 521
    client.close()


def test_octets_in_clear_never_pass_starttls(relay: SandboxRelay) -> None:
    """Neither in the same segment, nor in the next one before the handshake."""
    for said in (
        [b"EHLO x\r\nSTARTTLS\r\nNOOP\r\n"],
        [b"EHLO x\r\n", b"STARTTLS\r\n", b"NOOP\r\n"],
    ):
        with _by_hand(relay) as connection:
            for part in said:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
            received = _reads(connection)
        assert received.count(b"250 ") == 1  # the end of EHLO's reply, nothing to NOOP
        assert received.split(b"\r\n")[-2][:3] in {b"554", b"220"}


def test_a_handshake_that_fails_ends_the_connection(relay: SandboxRelay) -> None:
    with _by_hand(relay) as connection:
        connection.sendall(b"EHLO x\r\n")
        wait_until(lambda: b"250 " in connection.recv(65536, socket.MSG_PEEK))
        connection.sendall(b"STARTTLS\r\n")
        wait_until(lambda: b"220 2.0.0" in connection.recv(65536, socket.MSG_PEEK))
        connection.sendall(b"this is no handshake\r\n" * 20)
        _reads(connection)
    wait_until(lambda: not relay._connections)


def test_a_client_that_says_no_more_still_gets_its_replies(relay: SandboxRelay) -> None:
    with _by_hand(relay) as connection:
        connection.sendall(b"EHLO x\r\nNOOP\r\nQUIT\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert _reads(connection).endswith(b"221 2.0.0 Bye\r\n")


def test_a_silent_client_is_let_go(
    certificate: Certificate, credentials: Credentials, maildir: Path
) -> None:
    limits = Limits(idle=0.05)
    relay = SandboxRelay("127.0.0.1", 0, certificate, credentials, Maildir(maildir), limits=limits)
    with relay, _by_hand(relay) as connection:
        assert b"\r\n421 4.4.2 " in _reads(connection)


def test_a_connection_too_many_is_turned_away(relay: SandboxRelay) -> None:
    opened = [_by_hand(relay) for _ in range(4)]
    try:
        wait_until(lambda: len(relay._connections) == 4)
        with _by_hand(relay) as connection:
            assert _reads(connection).startswith(b"421 4.3.2 ")
    finally:
        for connection in opened:
            connection.close()
    wait_until(lambda: not relay._connections)


def test_a_taken_port_is_named(
    relay: SandboxRelay, certificate: Certificate, credentials: Credentials, maildir: Path
) -> None:
    other = SandboxRelay("127.0.0.1", relay.port, certificate, credentials, Maildir(maildir))
    with pytest.raises(PortTakenError, match=f"port {relay.port} on 127.0.0.1 is taken"), other:
        pass


def test_stopping_tells_the_clients(
    certificate: Certificate, credentials: Credentials, maildir: Path
) -> None:
    relay = SandboxRelay("127.0.0.1", 0, certificate, credentials, Maildir(maildir))
    with relay:
        connection = _by_hand(relay)
        wait_until(lambda: connection.recv(65536, socket.MSG_PEEK))
    with connection:
        assert b"\r\n421 4.3.2 the relay is stopping\r\n" in _reads(connection)


def test_a_mail_that_cannot_be_written_is_451(client: smtplib.SMTP, maildir: Path) -> None:
    (maildir / "new").rmdir()
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        client.sendmail("a@one.test", ["b@two.test"], CONTENT)
    assert refusal.value.smtp_code == 451
