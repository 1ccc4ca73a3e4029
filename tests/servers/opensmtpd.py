"""An OpenSMTPD of our own, in a Debian 13 of its own: no PIPELINING, no CHUNKING, no SMTPUTF8."""

import shutil
import subprocess
from pathlib import Path

from pillarbox.sandbox.certificate import Certificate
from tests.ports import LOOPBACK
from tests.servers.mail_server import SIZE_LIMIT, MailServer
from tests.servers.process import STOP_TIMEOUT
from tests.servers.unpacked import require_unpacked
from tests.waiting import wait_until

NOBODY = 65534

SESSION_TRANSACTIONS = 100
"""OpenSMTPD's own limit on the messages of a session."""

COPIED = ("bin", "dev", "etc", "lib", "lib64", "run", "sbin")
LINKED = ("usr/bin", "usr/lib", "usr/lib64", "usr/libexec", "usr/sbin")
"""What it needs of its Debian; each server has a root of its own, since its paths are compiled
in. What it only reads are hard links where the file system can."""

AUTHORITIES = "etc/ssl/certs/ca-certificates.crt"
"""It does not start without that file."""

CONFIGURATION = """\
pki "localhost" cert "/home/tls/certificate.pem"
pki "localhost" key "/home/tls/key.pem"
table logins file:/home/logins
table keepers {{ "keeper" = "{keeper}:{keeper}:/home/mail" }}
table everybody {{ "@" = "keeper" }}
smtp max-message-size {size_limit}
smtp limit max-mails {transactions}
filter "unknown" phase rcpt-to match rcpt-to regex {{ "^unknown@" }} \
reject "550 5.1.1 User unknown"
filter "greylisted" phase rcpt-to match rcpt-to regex {{ "^greylisted@" }} \
reject "450 4.2.0 Greylisted"
filter "recipients" chain {{ "unknown", "greylisted" }}
listen on {address} port {port} tls-require pki "localhost" auth <logins> \
filter "recipients" hostname relay.test
listen on {address} port {tls_port} smtps pki "localhost" auth <logins> \
filter "recipients" hostname relay.test
action "keep" maildir "/home/mail/inbox" userbase <keepers> virtual <everybody>
match auth from any for any action "keep"
"""


class OpenSmtpdServer(MailServer):
    """OpenSMTPD with its own limits, but for `transactions`."""

    name = "OpenSMTPD"

    def __init__(self, *, transactions: int | None = None) -> None:
        program = require_unpacked(self.name, "trixie/usr/sbin/smtpd")
        self._debian = program.parents[2]
        super().__init__(transactions=transactions)

    def stop(self) -> None:
        """End it when it has delivered: killed before it notes that, it delivers twice."""
        queue = self._folder.path / "var" / "spool" / "smtpd" / "queue"
        wait_until(
            lambda: not any(queue.rglob("*/*/*")), STOP_TIMEOUT, "OpenSMTPD's queue is empty"
        )
        super().stop()

    def log(self) -> str:
        """Read what OpenSMTPD has logged."""
        return (self._folder.path / "output").read_text(errors="replace")

    def _write(self, certificate: Certificate) -> None:
        root = self._folder.path
        (root / "usr").mkdir()
        for name in COPIED:
            self._copy(name, "-a")
        for name in LINKED:
            if not self._copy(name, "-al"):
                self._copy(name, "-a")
        for name in ("var/spool", "var/mail", "var/lib/opensmtpd/empty"):
            self._folder.make(name, mode=0o711)
        for name in ("tmp", "var/tmp"):
            self._folder.make(name, mode=0o1777)
        (root / "var" / "run").symlink_to("../run")
        (root / AUTHORITIES).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(certificate.ca_file, root / AUTHORITIES)
        self._folder.make("home/mail", owner="nobody")
        self._write_logins()
        (self._home / "smtpd.conf").write_text(
            CONFIGURATION.format(
                address=LOOPBACK,
                port=self.port,
                tls_port=self.tls_port,
                keeper=NOBODY,
                size_limit=SIZE_LIMIT,
                transactions=self._transactions or SESSION_TRANSACTIONS,
            )
        )

    def _copy(self, name: str, how: str) -> bool:
        folder = (self._folder.path / name).parent
        done = subprocess.run(
            ["cp", how, self._debian / name, folder], check=False, capture_output=True
        )
        return done.returncode == 0

    def _write_logins(self) -> None:
        """Note the password as crypt(3) has it; the daemon's user there reads it."""
        hashed = subprocess.run(
            ["openssl", "passwd", "-6", "-stdin"],
            input=self.password,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        logins = self._home / "logins"
        logins.write_text(f"{self.user}\t{hashed}")
        logins.chmod(0o644)

    def _command(self) -> list[str]:
        return [
            "chroot",
            str(self._folder.path),
            "/usr/sbin/smtpd",
            "-dv",
            "-f",
            "/home/smtpd.conf",
        ]

    @property
    def _home(self) -> Path:
        return self._folder.path / "home"
