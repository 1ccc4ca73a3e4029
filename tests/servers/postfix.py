"""A Postfix of our own: submission with STARTTLS and SASL, every mail kept in a Maildir."""

import shutil
import subprocess
from pathlib import Path

from pillarbox.sandbox.certificate import keep_certificate
from tests.client_certificate import make_own_certificate
from tests.ports import free_port
from tests.servers.kept_mail import Keeper
from tests.servers.postfix_config import RECIPIENT_RULES, SASL, Listeners, main_cf, master_cf
from tests.servers.postfix_instance import PostfixInstance
from tests.servers.presence import require


class PostfixServer(PostfixInstance, Keeper):
    """Started when made; `close()` leaves nothing.

    `port` wants STARTTLS, then AUTH; `tls_port` speaks TLS from the first byte
    and wants AUTH; `plain_port` takes mail from this machine without either
    (and offers both); `certified_port` wants STARTTLS with the certificate
    `known_client`. Recipients `unknown@…` are refused with 550 5.1.1 at
    RCPT, `greylisted@…` with 450 4.2.0 (each also with a `+tag`), any other is
    taken. A bare LF is refused with 521 5.5.2.
    """

    host = "localhost"
    """What the certificate says; it listens on 127.0.0.1."""
    user = "mailer@test"
    password = "a secret: 100 % of it"

    def __init__(self) -> None:
        self._saslpasswd = require("SASL (sasl2-bin)", "saslpasswd2")
        self._listeners = Listeners(*(free_port() for _ in range(5)))
        ports = (self.port, self.tls_port, self.plain_port, self.certified_port, self.short_port)
        super().__init__(ports)

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
    def certified_port(self) -> int:
        """For a client that is known by its certificate."""
        return self._listeners.certified

    @property
    def short_port(self) -> int:
        """Submission with little patience: `SHORT_PATIENCE`."""
        return self._listeners.short

    @property
    def ca_file(self) -> Path:
        """The authority to trust."""
        return self._folder.path / "tls" / "ca.pem"

    @property
    def _inbox(self) -> Path:
        return self._folder.path / "mail" / "inbox"

    def write(self) -> None:
        """Lay out what this one has beside its queue; the user postfix can reach all of it."""
        root = self.root
        sasl = self._folder.make("etc/sasl")  # Debian's Postfix looks nowhere else
        self._folder.make("mail", owner="nobody")
        certificate = keep_certificate(root / "tls")
        chain = (certificate.key_file, certificate.certificate_file)
        (self.etc / "main.cf").write_text(main_cf(root, chain_files=chain))
        (self.etc / "master.cf").write_text(master_cf(self._listeners))
        (self.etc / "recipients").write_text(RECIPIENT_RULES)
        self.known_client = make_own_certificate(root / "client")
        (self.etc / "certified").write_text(f"{self.known_client.fingerprint} client\n")
        (sasl / "smtpd.conf").write_text(SASL.format(folder=sasl))
        name, _, realm = self.user.partition("@")
        database = sasl / "sasldb2"
        subprocess.run(
            [self._saslpasswd, "-c", "-p", "-f", database, "-u", realm, name],
            input=self.password.encode(),
            check=True,
            capture_output=True,
        )
        shutil.chown(database, "postfix")
