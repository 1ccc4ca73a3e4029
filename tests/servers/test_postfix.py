"""The real relay keeps what the integration tests rely on."""

import smtplib
import ssl
from collections.abc import Iterator

import pytest

from tests.servers.postfix import PostfixServer
from tests.waiting import wait_until

CONTENT = b"Subject: dots\r\n\r\n.one\r\n..two\r\n.\r\nlast\r\n"


@pytest.fixture
def session(postfix_relay: PostfixServer) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context(cafile=str(postfix_relay.ca_file))
    with smtplib.SMTP(postfix_relay.host, postfix_relay.port, timeout=10) as client:
        client.starttls(context=context)
        client.login(postfix_relay.user, postfix_relay.password)
        yield client


def test_it_offers_auth_only_over_tls(postfix_relay: PostfixServer) -> None:
    with smtplib.SMTP(postfix_relay.host, postfix_relay.port, timeout=10) as client:
        client.ehlo()
        assert not client.has_extn("AUTH")
        client.starttls(context=ssl.create_default_context(cafile=str(postfix_relay.ca_file)))
        client.ehlo()
        assert set(client.esmtp_features["auth"].split()) == {"PLAIN", "LOGIN", "SCRAM-SHA-256"}
        for extension in ("PIPELINING", "CHUNKING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN"):
            assert client.has_extn(extension), extension


def test_a_wrong_password_is_535(postfix_relay: PostfixServer) -> None:
    context = ssl.create_default_context(cafile=str(postfix_relay.ca_file))
    with smtplib.SMTP_SSL(
        postfix_relay.host, postfix_relay.tls_port, timeout=10, context=context
    ) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError) as refusal:
            client.login(postfix_relay.user, "wrong")
        assert refusal.value.smtp_code == 535


def test_recipients_are_refused_deferred_and_taken_in_one_transaction(
    postfix_relay: PostfixServer, session: smtplib.SMTP
) -> None:
    recipients = ["unknown+1@mixed.test", "greylisted@mixed.test", "taken@mixed.test"]
    refused = session.sendmail("sender@mixed.test", recipients, CONTENT)
    assert {to: (code, text.split()[0]) for to, (code, text) in refused.items()} == {
        "unknown+1@mixed.test": (550, b"5.1.1"),
        "greylisted@mixed.test": (450, b"4.2.0"),
    }
    (mail,) = wait_until(lambda: postfix_relay.mails("taken@mixed.test"))
    assert mail.sender == "sender@mixed.test"


def test_the_bytes_are_kept_as_they_came(
    postfix_relay: PostfixServer, session: smtplib.SMTP
) -> None:
    session.sendmail("sender@bytes.test", ["kept@bytes.test"], CONTENT)
    (mail,) = wait_until(lambda: postfix_relay.mails("kept@bytes.test"))
    assert mail.submitted == CONTENT
    assert mail.message["Subject"] == "dots"


def test_a_bare_line_feed_is_refused(session: smtplib.SMTP) -> None:
    session.mail("sender@bare.test")
    session.rcpt("smuggled@bare.test")
    session.docmd("DATA")
    session.send(b"Subject: x\r\n\r\none\n.\r\nMAIL FROM:<smuggler@bare.test>\r\n\r\n.\r\n")
    assert session.getreply()[0] == 521


def test_the_plain_port_takes_mail_without_tls_or_auth(postfix_relay: PostfixServer) -> None:
    with smtplib.SMTP(postfix_relay.host, postfix_relay.plain_port, timeout=10) as client:
        client.sendmail("", ["plain@port.test"], CONTENT)
    (mail,) = wait_until(lambda: postfix_relay.mails("plain@port.test"))
    assert mail.sender == ""
