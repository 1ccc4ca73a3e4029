"""An Exim of our own, unpacked and never installed: strict about who speaks when."""

import os
import pwd
import shutil
import signal
from contextlib import suppress
from pathlib import Path

import psutil

from pillarbox.sandbox.certificate import Certificate
from tests.servers.exim_config import USER, exim_conf
from tests.servers.mail_server import MailServer
from tests.servers.presence import lacking
from tests.servers.unpacked import require_unpacked


class EximServer(MailServer):
    """Exim with its own limits on a session, but for `transactions`; no enhanced codes."""

    name = "Exim"

    def __init__(self, *, transactions: int | None = None) -> None:
        self._program = require_unpacked(self.name, "exim/usr/sbin/exim4")
        try:
            pwd.getpwnam(USER)
        except KeyError:
            lacking(self.name, f"no user {USER} here; as root on Debian: tools/install_servers.sh")
        super().__init__(transactions=transactions)

    def log(self) -> str:
        """Read what Exim has logged."""
        return (self._folder.path / "log" / "main").read_text(errors="replace")

    def _write(self, certificate: Certificate) -> None:
        for name in ("spool", "log", "mail"):
            self._folder.make(name, owner=USER)
        shutil.chown(certificate.key_file, USER)
        self._configuration.write_text(
            exim_conf(
                self._program,
                self._folder.path,
                certificate,
                ports=(self.port, self.tls_port),
                login=(self.user, self.password),
                transactions=self._transactions,
            )
        )

    def _command(self) -> list[str]:
        return [str(self._program), "-C", str(self._configuration), "-bdf"]

    def _end_sessions(self, group: int) -> None:
        """Tell each session's process; it says 421 to its client."""
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                if os.getpgid(process.pid) == group:
                    process.send_signal(signal.SIGTERM)

    @property
    def _configuration(self) -> Path:
        return self._folder.path / "exim.conf"
