"""What the mail servers of the interoperation suite have in common, beside Postfix."""

from abc import abstractmethod
from pathlib import Path

from pillarbox.sandbox.certificate import Certificate, keep_certificate
from tests.ports import LOOPBACK, answers, free_port
from tests.servers.folder import ServerFolder
from tests.servers.kept_mail import Keeper
from tests.servers.process import STOP_TIMEOUT, ServerProcess, has_members
from tests.waiting import wait_until

SIZE_LIMIT = 30_000_000
"""Octets of a message: above the 25 MB that a message of ours may have."""


class MailServer(Keeper):
    """Started when made; `close()` leaves nothing.

    `port` wants STARTTLS, then AUTH; `tls_port` speaks TLS from the first byte
    and wants AUTH. Recipients `unknown@…` are refused with 550 at RCPT,
    `greylisted@…` with 450, any other is taken and its mail kept in a Maildir.
    `transactions` is how many a session may carry; None for the server's own limit.
    """

    host = "localhost"
    """What the certificate says; it listens on 127.0.0.1."""
    user = "mailer@test"
    password = "a secret: 100 % of it"
    name: str

    def __init__(self, *, transactions: int | None = None) -> None:
        self.port = free_port()
        """Submission (RFC 6409)."""
        self.tls_port = free_port()
        """Submission over implicit TLS (RFC 8314)."""
        self._transactions = transactions
        self._process: ServerProcess | None = None
        self._folder = ServerFolder(self.name.lower())
        try:
            self._certificate = keep_certificate(self._home / "tls")
            self._write(self._certificate)
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The server's process id, now; 0 if it is stopped."""
        return self._process.pid if self._process else 0

    @property
    def ca_file(self) -> Path:
        """The authority to trust."""
        return self._certificate.ca_file

    def start(self) -> None:
        """Start it, again after `stop`, on the same ports."""
        self._process = ServerProcess(
            self._command(),
            log=self._folder.path / "output",
            environment=self._environment(),
            answers=lambda: all(answers(port, LOOPBACK) for port in (self.port, self.tls_port)),
        )

    def stop(self) -> None:
        """End it, and with it the sessions that it has."""
        process, self._process = self._process, None
        if process is not None:
            process.stop()
            self._end_sessions(process.pid)
            wait_until(lambda: not has_members(process.pid), STOP_TIMEOUT, f"{self.name} ends")

    def close(self) -> None:
        """End it and remove its folder."""
        self.stop()
        self._folder.remove()

    @abstractmethod
    def log(self) -> str:
        """Read what it has logged."""

    @abstractmethod
    def _write(self, certificate: Certificate) -> None:
        """Lay out what it needs in its folder."""

    @abstractmethod
    def _command(self) -> list[str]:
        """Return the command that runs it in the foreground."""

    def _environment(self) -> dict[str, str] | None:
        """Return the environment to run it in; None for ours."""
        return None

    def _end_sessions(self, group: int) -> None:
        """End the processes of this group that outlive the first one."""

    @property
    def _home(self) -> Path:
        """Where what it reads and writes is."""
        return self._folder.path

    @property
    def _inbox(self) -> Path:
        return self._home / "mail" / "inbox"
