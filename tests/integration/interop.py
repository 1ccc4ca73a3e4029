"""The four servers that the engine is proved against: what each offers, and how to talk to it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from pillarbox.domain.address import Address
from tests.servers.kept_mail import KeptMail
from tests.servers.mail_server import MailServer
from tests.servers.postfix import PostfixServer
from tests.waiting import wait_until
from workers.smtp.auth import Credentials
from workers.smtp.capabilities import Chunking
from workers.smtp.connection import Connection
from workers.smtp.dsn import DsnRequest
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.errors import FaultCode
from workers.smtp.lease import Lease
from workers.smtp.opening import Opener
from workers.smtp.pool import Pool
from workers.smtp.transaction import Transaction, TransactionResult
from workers.verdicts import RefusalWords

Relay: TypeAlias = PostfixServer | MailServer


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server says that it can do, after STARTTLS, and what it answers to a wrong name."""

    extensions: frozenset[str]
    mechanisms: frozenset[str]
    unknown: int = 550
    greylisted: int = 450

    def __contains__(self, extension: str) -> bool:
        return extension in self.extensions


def _offer(extensions: str, mechanisms: str = "PLAIN LOGIN", **codes: int) -> Offer:
    return Offer(frozenset(extensions.split()), frozenset(mechanisms.split()), **codes)


OFFERS = {
    "postfix": _offer(
        "PIPELINING CHUNKING SIZE 8BITMIME SMTPUTF8 DSN ENHANCEDSTATUSCODES",
        "PLAIN LOGIN SCRAM-SHA-256",
    ),
    "exim": _offer("PIPELINING CHUNKING SIZE 8BITMIME SMTPUTF8 DSN", greylisted=451),
    "opensmtpd": _offer("SIZE 8BITMIME DSN ENHANCEDSTATUSCODES"),
    "aiosmtpd": _offer("SIZE 8BITMIME SMTPUTF8"),
}
"""docs/relays.md has the same table."""

USED = frozenset(
    {"PIPELINING", "CHUNKING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"}
)
"""The extensions that the engine knows what to do with, beside STARTTLS and AUTH."""

CONTENT = (
    b"From: s@sender.test\r\nDate: Mon, 23 Nov 2026 08:00:00 +0000\r\n"
    b"Message-ID: <%s@sender.test>\r\nSubject: %s\r\n\r\nhello\r\n"
)
"""With all that a server might think is missing; none adds to it."""


def endpoint(
    relay: Relay, *, port: int | None = None, tls: TlsPolicy = TlsPolicy.REQUIRED
) -> Endpoint:
    """Name a relay's submission service, or one on another port."""
    who = Credentials(relay.user, relay.password)
    return Endpoint(relay.host, port or relay.port, tls, credentials=who, ca_file=relay.ca_file)


@contextmanager
def pool_of(relay: Relay, *, port: int | None = None) -> Iterator[Pool]:
    """Make a pool as a worker does, and close it; its places must all be free then."""
    pool = Pool(Opener(endpoint(relay, port=port)), reader=RefusalWords())
    try:
        yield pool
    finally:
        pool.close_all()
    assert (0, 0) == (pool.stats.in_use, pool.stats.idle)


def lend(pool: Pool, *, chunks: bool = True) -> Lease:
    """Check out; without `chunks` content goes by DATA, whatever is offered."""
    lease = pool.checkout()
    assert lease is not None
    if not chunks:
        connected(lease).chunking = Chunking.BROKEN
    return lease


def connected(lease: Lease) -> Connection:
    """Return a lease's connection."""
    assert lease.connection is not None
    return lease.connection


def to(
    *recipients: str, content: bytes | None = None, dsn: DsnRequest | None = None
) -> Transaction:
    """Make a transaction for these addresses, whose subject is the first one."""
    addresses = tuple(Address(*recipient.split("@")) for recipient in recipients)
    name = recipients[0].partition("@")[0].encode()
    return Transaction(
        Address("s", "sender.test"), addresses, content or CONTENT % (name, name), dsn=dsn
    )


def send(lease: Lease, *transactions: Transaction) -> list[TransactionResult]:
    """Carry a group with leave."""
    return lease.send(transactions, lambda: True)


def use(pool: Pool, *recipients: str) -> list[int | FaultCode]:
    """Carry one message over a connection of the pool; the codes of its verdicts."""
    with lend(pool) as lease:
        return codes(send(lease, to(*recipients)))


def codes(results: Sequence[TransactionResult]) -> list[int | FaultCode]:
    """List the code of every verdict: a reply's, or a fault's."""
    return [verdict.code for result in results for verdict in result.verdicts]


def arrived(relay: Relay, domain: str, count: int) -> dict[str, KeptMail]:
    """Wait for so many mails to a domain, and return them by local part; each came once."""

    def found() -> list[tuple[str, KeptMail]]:
        pairs = [(to, mail) for mail in relay.mails() for to in mail.recipients]
        return [(to, mail) for to, mail in pairs if to.endswith("@" + domain)]

    wait_until(lambda: len(found()) >= count, 30, f"{count} mails to {domain}")
    mails = found()
    by_local = {to.partition("@")[0]: mail for to, mail in mails}
    assert count == len(mails) == len(by_local)
    return by_local


class Wire:
    """What a connection writes from now on, cut where it read: one string a turn.

    Stands between the connection and its stream.
    """

    def __init__(self, connection: Connection) -> None:
        self.turns: list[bytes] = []
        self._heard = True
        self._stream = connection.stream
        connection._pump.stream = self  # type: ignore[assignment]  # it passes all else on

    def __getattr__(self, name: str) -> object:
        found: object = getattr(self._stream, name)
        return found

    def send(self, data: bytes | memoryview) -> int:
        """Hand bytes over, and note those that were taken."""
        count = self._stream.send(data)
        if self._heard:
            self.turns.append(b"")
            self._heard = False
        self.turns[-1] += bytes(data[:count])
        return count

    def receive(self, size: int) -> bytes | None:
        """Read, and note that something came."""
        data = self._stream.receive(size)
        self._heard = self._heard or data is not None
        return data

    def verbs(self) -> list[list[str]]:
        """List the commands of each turn; no content of ours looks like one."""
        verb = re.compile(rb"^(MAIL|RCPT|DATA|BDAT|RSET|NOOP|QUIT)\b[^\n]*\r\n", re.MULTILINE)
        return [[found.decode() for found in verb.findall(turn)] for turn in self.turns]
