"""A sandbox relay for the tests of this folder, and a client that has logged in to it."""

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pillarbox.sandbox.certificate import Certificate, keep_certificate
from pillarbox.sandbox.limits import Limits
from pillarbox.sandbox.maildir import Maildir
from pillarbox.sandbox.sasl import Credentials
from pillarbox.sandbox.server import SandboxRelay

LIMITS = Limits(message_size=20_000, recipients=3, connections=4)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return keep_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    return tmp_path / "mails"


@pytest.fixture
def credentials() -> Credentials:
    return Credentials("mailer", "a secret")


@pytest.fixture
def relay(
    certificate: Certificate, credentials: Credentials, maildir: Path
) -> Iterator[SandboxRelay]:
    server = SandboxRelay("127.0.0.1", 0, certificate, credentials, Maildir(maildir), limits=LIMITS)
    with server:
        yield server


@pytest.fixture
def client(
    relay: SandboxRelay, certificate: Certificate, credentials: Credentials
) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("localhost", relay.port, timeout=10) as session:
        session.starttls(context=certificate.client_context())
        session.ehlo()
        session.login(credentials.user, credentials.password)
        yield session
