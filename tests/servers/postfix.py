"""A Postfix of our own: submission with STARTTLS and SASL, every mail kept in a Maildir."""

import os
import shutil
import subprocess
from pathlib import Path

import psutil

from pillarbox.sandbox.certificate import keep_certificate
from tests.ports import LOOPBACK, answers, free_port
from tests.servers.folder import ServerFolder
from tests.servers.kept_mail import KeptMail, kept_mails
from tests.servers.postfix_config import RECIPIENT_RULES, SASL, Listeners, main_cf, master_cf
from tests.servers.presence import lacking, require
from tests.servers.process import START_TIMEOUT, STOP_TIMEOUT, has_members, is_alive
from tests.waiting import wait_until

SERVER = "Postfix"
REALM = "test"


class PostfixServer:
    """Started when made; `close()` leaves nothing.

    `port` wants STARTTLS, then AUTH; `tls_port` speaks TLS from the first byte
    and wants AUTH; `plain_port` takes mail from this machine without either
    (and offers both). Recipients `unknown@…` are refused with 550 5.1.1 at
    RCPT, `greylisted@…` with 450 4.2.0 (each also with a `+tag`), any other is
    taken. A bare LF is refused with 521 5.5.2.
    """

    host = "localhost"
    """What the certificate says; it listens on 127.0.0.1."""
    user = "mailer@test"
    password = "a secret: 100 % of it"

    def __init__(self) -> None:
        self._postfix = require(SERVER, "postfix")
        saslpasswd = require("SASL (sasl2-bin)", "saslpasswd2")
        if os.geteuid() != 0:
            lacking(SERVER, "only root can start it")
        self._listeners = Listeners(free_port(), free_port(), free_port())
        self._folder = ServerFolder("postfix")
        try:
            self._write(saslpasswd)
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def port(self) -> int:
        """Submission (RFC 6409)."""
        return self._listeners.submission

    @property
    def tls_port(self) -> int:
        """Submission over implicit TLS (RFC 8314)."""
        return self._listeners.submissions

    @property
    def plain_port(self) -> int:
        """SMTP as on port 25."""
        return self._listeners.plain

    @property
    def ca_file(self) -> Path:
        """The authority to trust."""
        return self._folder.path / "tls" / "ca.pem"

    def mails(self, to: str | None = None) -> list[KeptMail]:
        """Read what was delivered, in order of arrival: one mail for each recipient."""
        mails = kept_mails(self._inbox)
        return [mail for mail in mails if to is None or to in mail.recipients]

    def forget(self) -> None:
        """Remove the mails that were delivered."""
        for folder in ("new", "cur"):
            for path in (self._inbox / folder).glob("*"):
                path.unlink()

    def log(self) -> str:
        """Read what Postfix has logged."""
        return (self._folder.path / "spool" / "maillog").read_text(errors="replace")

    def start(self) -> None:
        """Start it, again after `stop`, on the same ports and with the same queue."""
        self._run("start")
        ports = (self.port, self.tls_port, self.plain_port)
        wait_until(
            lambda: all(answers(port, LOOPBACK) for port in ports),
            START_TIMEOUT,
            "Postfix answers on its ports",
        )

    def stop(self) -> None:
        """End it and its children by the pid that it wrote down."""
        master = self._master()
        if master is None:
            return
        group = master.pid  # it leads the group of all its children, those just born too
        master.terminate()
        wait_until(lambda: not has_members(group), STOP_TIMEOUT, "Postfix ends")

    def close(self) -> None:
        """End it and remove its folder."""
        self.stop()
        self._folder.remove()

    @property
    def _inbox(self) -> Path:
        return self._folder.path / "mail" / "inbox"

    def _write(self, saslpasswd: Path) -> None:
        """Lay out its folders; each of them can be reached by the user postfix."""
        root = self._folder.path
        etc = self._folder.make("etc")
        sasl = self._folder.make("etc/sasl")  # Debian's Postfix looks nowhere else
        self._folder.make("spool")
        self._folder.make("data", owner="postfix")
        self._folder.make("mail", owner="nobody")
        certificate = keep_certificate(root / "tls")
        chain = (certificate.key_file, certificate.certificate_file)
        (etc / "main.cf").write_text(main_cf(root, chain_files=chain))
        (etc / "master.cf").write_text(master_cf(self._listeners))
        (etc / "recipients").write_text(RECIPIENT_RULES)
        (sasl / "smtpd.conf").write_text(SASL.format(folder=sasl))
        name, _, realm = self.user.partition("@")
        database = sasl / "sasldb2"
        subprocess.run(
            [saslpasswd, "-c", "-p", "-f", database, "-u", realm, name],
            input=self.password.encode(),
            check=True,
            capture_output=True,
        )
        shutil.chown(database, "postfix")

    def _run(self, action: str) -> None:
        subprocess.run(
            [self._postfix, "-c", self._folder.path / "etc", action],
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            cwd="/",
            timeout=START_TIMEOUT,
        )

    def _master(self) -> psutil.Process | None:
        try:
            pid = int((self._folder.path / "spool" / "pid" / "master.pid").read_text())
            process = psutil.Process(pid)
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None
        return process if is_alive(process) and process.name() == "master" else None
