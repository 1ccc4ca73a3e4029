"""`python -m tests.cluster.relay FOLDER PORT`: the sandbox relay, by the name that pods know.

It keeps mails in FOLDER/mails, and shows a certificate for that name alone.
"""

import sys
from pathlib import Path

from pillarbox.sandbox.certificate import Certificate, keep_certificate
from pillarbox.sandbox.maildir import Maildir
from pillarbox.sandbox.sasl import Credentials
from pillarbox.sandbox.server import SandboxRelay
from tests.ports import LOOPBACK, answers, free_port
from tests.servers.installation import clean_environment
from tests.servers.kept_mail import KeptMail, kept_mails
from tests.servers.process import ServerProcess

NAME = "relay.test"
USER = "mailer"
PASSWORD = "a-secret-of-the-relay"


class Relay:
    """Started when made; `close()` ends it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.ca = _certificate(folder).ca_file.read_text(encoding="ascii")
        self._folder = folder
        self._process = ServerProcess(
            [sys.executable, "-m", "tests.cluster.relay", str(folder), str(self.port)],
            log=folder / "log",
            answers=lambda: answers(self.port),
            environment=clean_environment(),
        )

    def mails(self) -> list[KeptMail]:
        """Read what it has kept."""
        return kept_mails(self._folder / "mails")

    def close(self) -> None:
        """End it."""
        self._process.stop()


def _certificate(folder: Path) -> Certificate:
    return keep_certificate(folder / "tls", names=(NAME,))


def _run(folder: Path, port: int) -> None:
    relay = SandboxRelay(
        LOOPBACK, port, _certificate(folder), Credentials(USER, PASSWORD), Maildir(folder / "mails")
    )
    relay.run()


if __name__ == "__main__":
    _run(Path(sys.argv[1]), int(sys.argv[2]))
