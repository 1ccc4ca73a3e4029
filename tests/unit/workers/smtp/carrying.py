"""Short words for carrying mail in a test: an endpoint, an address, a message, a transaction."""

import socket
from collections.abc import Sequence
from dataclasses import replace

from pillarbox.domain.address import Address
from tests.scripted_smtp import ScriptedServer
from workers.smtp.capabilities import Chunking
from workers.smtp.connection import Connection
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.errors import FaultCode
from workers.smtp.opening import Opener
from workers.smtp.sockets import SocketStream
from workers.smtp.timeouts import Timeouts
from workers.smtp.transaction import Transaction, TransactionResult
from workers.smtp.transmission import transmit, transmit_all

CHUNKING = ("PIPELINING", "CHUNKING", "SIZE 0", "8BITMIME")

BODY = b"Subject: hello\r\n\r\nhello\r\n"

PATIENT = Timeouts(
    connect=5, connect_address=2, greeting=5, ehlo=5, starttls=5, tls_handshake=5, auth=5, mail=5,
    rcpt=5, data=5, data_block=5, end_of_data=5, rset=5, quit=1,
)  # fmt: skip
"""No test waits for a minute; none that is to succeed comes near these."""


def impatient(**phases: float) -> Timeouts:
    """Make time-outs that are short in these phases."""
    return replace(PATIENT, **phases)


def clear(server: ScriptedServer, timeouts: Timeouts = PATIENT) -> Endpoint:
    """Make the endpoint of a server without TLS."""
    return Endpoint(server.host, server.port, TlsPolicy.NONE, timeouts=timeouts)


def connect(server: ScriptedServer, timeouts: Timeouts = PATIENT) -> Connection:
    """Open a session in clear text."""
    return Opener(clear(server, timeouts))()


def proven(server: ScriptedServer, timeouts: Timeouts = PATIENT) -> Connection:
    """Open a session with a relay that is known to take BDAT."""
    connection = connect(server, timeouts)
    connection.chunking = Chunking.PROVEN
    return connection


def with_small_buffers(connection: Connection) -> Connection:
    """Let the system hold little of what goes out, and of what comes in."""
    assert isinstance(connection.stream, SocketStream)
    for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        connection.stream.socket.setsockopt(socket.SOL_SOCKET, buffer, 4_096)
    return connection


def all_codes(results: list[TransactionResult]) -> list[object]:
    """List the code of each message's only recipient."""
    return [code for result in results for code in codes(result)]


def to(*locals_: str, sender: str | None = "s", content: bytes = BODY) -> Transaction:
    """Make a transaction for these local parts at example.com."""
    return Transaction(
        None if sender is None else Address(sender, "example.com"),
        tuple(Address(local, "example.com") for local in locals_),
        content,
    )


def always() -> bool:
    """Give leave to end the data."""
    return True


def carry(connection: Connection, transaction: Transaction) -> TransactionResult:
    """Carry one transaction with leave."""
    return transmit(connection, transaction, always)


def carry_all(connection: Connection, *transactions: Transaction) -> list[TransactionResult]:
    """Carry a group with leave."""
    return transmit_all(connection, transactions, always)


def codes(result: TransactionResult) -> Sequence[int | FaultCode]:
    """Return each recipient's code: a reply's, or a fault's."""
    return [verdict.code for verdict in result.verdicts]
