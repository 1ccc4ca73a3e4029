"""Scenes with sockets around them: what hangs lets go, what drops is gone, nothing is left."""

import smtplib
import socket
import time
from pathlib import Path

import pytest

from pillarbox.sandbox.certificate import Certificate
from pillarbox.sandbox.maildir import Maildir
from pillarbox.sandbox.sasl import Credentials
from pillarbox.sandbox.server import GRACE, SandboxRelay
from tests.waiting import wait_until

CONTENT = b"Subject: x\r\n\r\nx\r\n"


@pytest.mark.parametrize(
    "scene", ["partial", "torn", "drop-rcpt", "drop-data", "drop-content", "drop-end", "hang-rcpt"]
)
def test_a_dropped_connection_is_gone(
    client: smtplib.SMTP, relay: SandboxRelay, maildir: Path, scene: str
) -> None:
    """No goodbye, and nothing kept; a hang of no time is a drop."""
    with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
        _talk_to_the_end(client, f"scene-{scene}+0s@two.test")
    client.close()

    wait_until(lambda: not relay._connections)
    assert [] == list((maildir / "new").iterdir())


def test_a_large_content_is_cut_in_its_middle(client: smtplib.SMTP, relay: SandboxRelay) -> None:
    """The client is still writing then."""
    client.mail("a@one.test")
    client.rcpt("scene-drop-content@two.test")
    client.docmd("DATA")
    with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
        client.send((b"x" * 900 + b"\r\n") * 100_000)
    client.close()
    wait_until(lambda: not relay._connections)


@pytest.mark.parametrize("scene", ["hang-rcpt", "hang-data", "hang-content", "hang-end"])
def test_a_hang_ends_when_the_client_goes(
    client: smtplib.SMTP, relay: SandboxRelay, scene: str
) -> None:
    """Not when its time is up."""
    client.send(f"MAIL FROM:<a@one.test>\r\nRCPT TO:<scene-{scene}@two.test>\r\nDATA\r\n".encode())
    client.send(CONTENT + b".\r\n")
    wait_until(lambda: len(relay._connections) == 1)
    client.close()

    wait_until(lambda: not relay._connections)


def test_a_stop_does_not_wait_for_what_hangs(
    certificate: Certificate, credentials: Credentials, maildir: Path
) -> None:
    """660 s would be long."""
    relay = SandboxRelay("127.0.0.1", 0, certificate, credentials, Maildir(maildir))
    with relay:
        client = smtplib.SMTP("localhost", relay.port, timeout=10)
        client.starttls(context=certificate.client_context())
        client.ehlo()
        client.login(credentials.user, credentials.password)
        client.send(b"MAIL FROM:<a@one.test>\r\nRCPT TO:<scene-hang-rcpt@two.test>\r\n")
        assert client.getreply()[0] == 250
        began = time.monotonic()
    client.close()

    assert time.monotonic() - began < GRACE


@pytest.mark.parametrize("stage", ["greeting", "starttls", "tls"])
def test_the_next_session_hangs_and_the_one_after_it_does_not(
    client: smtplib.SMTP, relay: SandboxRelay, certificate: Certificate, stage: str
) -> None:
    """A TLS stall, and what is like it; meanwhile other sessions are served."""
    client.mail("a@one.test")
    assert 421 == client.rcpt(f"scene-hang-{stage}@two.test")[0]

    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        _start_tls(relay, certificate, timeout=1)
    _start_tls(relay, certificate, timeout=10)


def test_slow_is_slow(client: smtplib.SMTP) -> None:
    """Its 250 comes, only later."""
    client.mail("a@one.test")
    began = time.monotonic()

    assert 250 == client.rcpt("scene-slow+1s@two.test")[0]
    assert time.monotonic() - began > 0.99


def test_a_client_that_goes_ends_its_slow_session(client: smtplib.SMTP) -> None:
    """Nothing is said to nobody."""
    client.send(b"MAIL FROM:<a@one.test>\r\nRCPT TO:<scene-slow+600s@two.test>\r\n")
    assert client.sock is not None
    client.sock.shutdown(socket.SHUT_RDWR)


def _talk_to_the_end(client: smtplib.SMTP, recipient: str) -> None:
    client.sendmail("a@one.test", [recipient], CONTENT)
    client.noop()


def _start_tls(relay: SandboxRelay, certificate: Certificate, *, timeout: float) -> None:
    session = smtplib.SMTP("localhost", relay.port, timeout=timeout)
    try:
        assert 220 == session.starttls(context=certificate.client_context())[0]
    finally:
        session.close()
