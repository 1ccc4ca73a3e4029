"""One conversation with a relay that says anything at all, and what must be true of it.

An input is a byte of options, and then what the relay says, in pieces that end
with 0xFF: the next piece comes when the last one has been read and something
was written, or nothing else can happen.
"""

from collections.abc import Sequence

from pillarbox.domain.address import Address
from pillarbox.domain.classification import categorise
from pillarbox.domain.reply import Reply, Verb
from workers.smtp.auth import Credentials, TokenCredentials
from workers.smtp.capabilities import Chunking
from workers.smtp.commands import ehlo
from workers.smtp.connection import Connection
from workers.smtp.errors import FaultCode, LineError, OpeningError
from workers.smtp.login import log_in
from workers.smtp.timeouts import Timeouts
from workers.smtp.transaction import Transaction, TransactionResult
from workers.smtp.transmission import transmit_all
from workers.verdicts import RefusalWords, outcome_of

SEPARATOR = b"\xff"
PROVEN, PARTIAL, SILENT, PASSWORD, TOKEN = 1, 2, 4, 8, 16
"""The options: BDAT is known to work; writes are short; the end is silence and not EOF;
we log in by password, or by token."""

SECRET = "s3cret-word"

MESSAGES = tuple(
    Transaction(
        Address("s", "example.com"),
        tuple(Address(f"r{place}", "example.com") for place in range(1 + number % 3)),
        b"Subject: %d\r\n\r\n.\r\n" % number,
    )
    for number in range(4)
)


class ChatteringStream:
    """A `Stream` whose peer says its pieces, whatever it hears."""

    tls_version: str | None = None
    tls_cipher: str | None = None
    local_address = "192.0.2.1"
    peer_address = "192.0.2.2"

    def __init__(self, pieces: Sequence[bytes], options: int) -> None:
        self.now = 0.0
        self._pieces = list(pieces)
        self._options = options
        self._may_speak = True

    def clock(self) -> float:
        """Return monotonic seconds."""
        return self.now

    def send(self, data: bytes | memoryview) -> int:
        """Take what is written."""
        self._may_speak = True
        return min(len(data), 7) if self._options & PARTIAL else len(data)

    def receive(self, size: int) -> bytes | None:
        """Say the next piece."""
        del size
        if self._pieces:
            self._may_speak = False
            return self._pieces.pop(0) or None
        return None if self._options & SILENT else b""

    def wait(self, *, write: bool, timeout: float) -> bool:
        """Let time pass where nothing is said."""
        if self._may_speak and (self._pieces or not self._options & SILENT):
            return True
        if not write:
            self.now += timeout
        self._may_speak = True
        return False

    def acknowledge(self) -> None:
        """There is no network to tell."""

    def close(self, *, politely: bool = False) -> None:
        """Hear no more."""
        del politely
        self._pieces.clear()


def one_input(data: bytes) -> None:
    """Hold one conversation, and check what is said of its messages."""
    options = data[0] if data else 0
    stream = ChatteringStream(data[1:].split(SEPARATOR), options)
    connection = Connection(stream, "relay.test:25", Timeouts(), stream.clock)
    try:
        welcome = connection.settled().is_positive
        if not (welcome and connection.call(ehlo("client.test")).is_positive):
            return
    except LineError:
        return
    connection.chunking = Chunking.PROVEN if options & PROVEN else Chunking.UNPROVEN
    try:
        connection.check_quiet()
        _authenticate(connection, options)
    except (LineError, OpeningError) as error:
        told = str(error)
    else:
        told = ""
    assert SECRET not in told
    if told:
        return
    results = transmit_all(connection, MESSAGES, lambda: True, RefusalWords())
    assert 1 <= len(results) <= len(MESSAGES)
    for result, message in zip(results, MESSAGES, strict=False):
        assert result.transaction is message
        _check(result)
    if len(results) < len(MESSAGES):
        assert not connection.usable
    connection.quit()


def _authenticate(connection: Connection, options: int) -> None:
    if options & PASSWORD:
        log_in(connection, Credentials("user", SECRET), may_speak=True)
    elif options & TOKEN:
        log_in(connection, TokenCredentials("user", lambda _="": SECRET), may_speak=True)


def _check(result: TransactionResult) -> None:
    """See that everybody has a verdict, and that none claims more than can be known."""
    assert len(result.verdicts) == len(result.transaction.recipients)
    for verdict in result.verdicts:
        if isinstance(verdict, Reply):
            categorise(verdict)
            if verdict.is_positive:
                assert verdict.command is Verb.END_OF_DATA
                assert result.data_may_have_ended
        elif verdict.code is FaultCode.REPLY_LOST:
            assert result.data_may_have_ended
        outcome_of(verdict)
    if result.stale:
        assert not result.data_may_have_ended
