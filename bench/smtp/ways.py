"""The ways to hand mails to a relay that are compared: smtplib's two, and ours."""

import smtplib
from collections.abc import Callable
from typing import Final, Protocol

from bench.errors import CountError
from pillarbox.domain.address import Address
from pillarbox.domain.reply import Reply
from tests.ports import LOOPBACK
from workers.smtp.capabilities import Chunking
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.lease import OFFERED_AT_ONCE
from workers.smtp.opening import Opener
from workers.smtp.pool import Pool, PoolLimits
from workers.smtp.transaction import Transaction

OCTETS: Final = 4096
"""Of the one content that all send."""

PATIENCE: Final = 60.0
"""Seconds for one reply: smtplib waits with a time-out too, as everybody should."""

_SENDER: Final = Address("billing", "acme.test")
_SENDER_TEXT: Final = _SENDER.wire
_DOMAIN: Final = "example.com"
_CLIENT: Final = "client.acme.test"
_LINE: Final = b"%3d. Fountain pen, black, with a box of six cartridges: 90.90 EUR\r\n"
_HEADER: Final = (
    b"From: Acme Billing <billing@acme.test>\r\nTo: customer@example.com\r\n"
    b"Subject: Your receipt from Acme\r\nMessage-ID: <receipt@acme.test>\r\n"
    b"Date: Mon, 01 Jan 2024 00:00:00 +0000\r\nMIME-Version: 1.0\r\n\r\n"
)
_ENDLESS: Final = PoolLimits(size=1, idle=1e9, age=1e9, transactions=1_000_000_000)


class Way(Protocol):
    """A client on its way; `batch` is how many mails it likes to be given at once."""

    batch: int

    def prepare(self, numbers: range) -> None:
        """Write the addresses of these numbers as this client wants to be given them."""

    def send(self, numbers: range) -> None:
        """Send a mail to each of these, prepared before; `CountError` unless all are taken."""

    def close(self) -> None:
        """End its connection, if it has one."""


def content() -> bytes:
    """Return the mail: header and lines, ASCII with CRLF, exactly `OCTETS` long."""
    octets = _HEADER
    place = 1
    while len(octets) + 2 * len(_LINE % place) <= OCTETS:
        octets += _LINE % place
        place += 1
    return octets + b"=" * (OCTETS - len(octets) - 2) + b"\r\n"


class _Smtplib:
    batch = 1

    def __init__(self, port: int) -> None:
        self._port = port
        self._content = content()
        self._recipients: dict[int, str] = {}

    def prepare(self, numbers: range) -> None:
        """See `Way`."""
        self._recipients = {number: f"{_local(number)}@{_DOMAIN}" for number in numbers}

    def _open(self) -> smtplib.SMTP:
        # a host name of its own would be looked up for every connection
        return smtplib.SMTP(LOOPBACK, self._port, local_hostname=_CLIENT, timeout=PATIENCE)

    def _sendmail(self, client: smtplib.SMTP, number: int) -> None:
        refused = client.sendmail(_SENDER_TEXT, [self._recipients[number]], self._content)
        if refused:
            raise CountError(f"refused: {refused}")


class SmtplibEach(_Smtplib):
    """smtplib as most write it: a connection for each mail."""

    def send(self, numbers: range) -> None:
        """See `Way`."""
        for number in numbers:
            with self._open() as client:
                self._sendmail(client, number)

    def close(self) -> None:
        """There is no connection left."""


class SmtplibKept(_Smtplib):
    """smtplib on one connection for all mails, as well as it can be used."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._client = self._open()

    def send(self, numbers: range) -> None:
        """See `Way`."""
        for number in numbers:
            self._sendmail(self._client, number)

    def close(self) -> None:
        """Say QUIT."""
        self._client.quit()


class Ours:
    """Our engine on one connection, as a worker drives it: a lease, and groups for it.

    Without `chunking` it is told what a pool learns of a relay whose BDAT does
    not work, so that it uses DATA.
    """

    batch = OFFERED_AT_ONCE

    def __init__(self, port: int, *, chunking: bool) -> None:
        endpoint = Endpoint(LOOPBACK, port, TlsPolicy.NONE, ehlo_name=_CLIENT)
        self._pool = Pool(Opener(endpoint), _ENDLESS)
        lease = self._pool.checkout()
        if lease is None or lease.connection is None:
            raise CountError("no connection")
        self._lease = lease
        if not chunking:
            lease.connection.chunking = Chunking.BROKEN
        self._content = content()
        self._recipients: dict[int, Address] = {}

    def prepare(self, numbers: range) -> None:
        """See `Way`."""
        self._recipients = {number: Address(_local(number), _DOMAIN) for number in numbers}

    def send(self, numbers: range) -> None:
        """See `Way`."""
        transactions = [
            Transaction(_SENDER, (self._recipients[number],), self._content) for number in numbers
        ]
        results = self._lease.send(transactions, _always)
        verdicts = [verdict for result in results for verdict in result.verdicts]
        taken = sum(isinstance(each, Reply) and each.is_positive for each in verdicts)
        if taken != len(numbers):
            raise CountError(f"of {len(numbers)} mails {taken} were taken: {verdicts[-1:]}")

    def close(self) -> None:
        """Say QUIT."""
        self._lease.release()
        self._pool.close_all()


EACH: Final = "smtplib, a connection a message"
KEPT: Final = "smtplib, kept"
DATA: Final = "ours, DATA"
BDAT: Final = "ours, BDAT groups"

WAYS: Final[dict[str, Callable[[int], Way]]] = {
    EACH: SmtplibEach,
    KEPT: SmtplibKept,
    DATA: lambda port: Ours(port, chunking=False),
    BDAT: lambda port: Ours(port, chunking=True),
}
"""By what a table calls it: how it is opened to a port of this machine."""


def _always() -> bool:
    """Give leave to end the data."""
    return True


def _local(number: int) -> str:
    return f"customer-{number:08d}"
