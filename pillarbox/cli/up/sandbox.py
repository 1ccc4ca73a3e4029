"""The sandbox relay as a process of its own."""

from pathlib import Path

import click

from pillarbox.cli.up import state
from pillarbox.sandbox.certificate import LOOPBACK_NAMES, Certificate, keep_certificate
from pillarbox.sandbox.maildir import Maildir
from pillarbox.sandbox.sasl import Credentials
from pillarbox.sandbox.server import SandboxRelay
from pillarbox.settings import PREFIX, Settings

USER = "pillarbox"
"""Who may log in to the sandbox relay; the password is in the state directory."""


def mail_folder(settings: Settings) -> Path:
    """Return the Maildir that the sandbox relay keeps its mails in."""
    return settings.state_dir / "sandbox"


def prepare(settings: Settings) -> Path:
    """Make the certificate if need be, and return the file of the CA to trust."""
    return _certificate(settings).ca_file


def run_sandbox(settings: Settings) -> None:
    """Run the relay until SIGINT or SIGTERM."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    state.refuse_taken_port(settings.sandbox_host, settings.sandbox_port, f"{PREFIX}SANDBOX_PORT")
    password = state.keep_password(settings)
    certificate = _certificate(settings)
    relay = SandboxRelay(
        settings.sandbox_host,
        settings.sandbox_port,
        certificate,
        Credentials(USER, password),
        Maildir(mail_folder(settings)),
    )
    click.echo(
        f"sandbox relay on {settings.sandbox_host}:{settings.sandbox_port}: STARTTLS, then AUTH"
        f" as {USER} with the password in {settings.state_dir / 'sandbox-password'};"
        f" its CA is {certificate.ca_file}; mails are kept in {mail_folder(settings)}"
    )
    relay.run()


def _certificate(settings: Settings) -> Certificate:
    folder = settings.state_dir.absolute() / "sandbox-tls"
    names = dict.fromkeys((*LOOPBACK_NAMES, settings.sandbox_host))
    return keep_certificate(folder, names=names)
