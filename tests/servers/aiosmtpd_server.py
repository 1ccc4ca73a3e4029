"""An aiosmtpd of our own: the server that most Python projects test with. No PIPELINING."""

import sys

from pillarbox.sandbox.certificate import Certificate
from tests.ports import LOOPBACK
from tests.servers.aiosmtpd_process import Wishes
from tests.servers.installation import clean_environment
from tests.servers.mail_server import SIZE_LIMIT, MailServer


class AioSmtpdServer(MailServer):
    """aiosmtpd without a limit on a session, but for `transactions`; no enhanced codes offered."""

    name = "aiosmtpd"

    def log(self) -> str:
        """Read what it has printed."""
        return (self._folder.path / "output").read_text(errors="replace")

    def _write(self, certificate: Certificate) -> None:
        self._wishes = Wishes(
            host=LOOPBACK,
            port=self.port,
            tls_port=self.tls_port,
            user=self.user,
            password=self.password,
            certificate_file=str(certificate.certificate_file),
            key_file=str(certificate.key_file),
            inbox=str(self._inbox),
            size_limit=SIZE_LIMIT,
            transactions=self._transactions or 0,
        )

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "tests.servers.aiosmtpd_process", self._wishes.written()]

    def _environment(self) -> dict[str, str]:
        return clean_environment()
