"""What a TLS stream says it took is all that the peer can have read, however a write ends."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.workers.smtp.certificates import Authority
from workers.smtp.errors import ConnectionLostError
from workers.smtp.sockets import SocketStream
from workers.smtp.tls import TlsStream, client_context, secure

PATIENCE = 10.0
MUCH = memoryview(b"x" * 4_000_000)
"""More than the system holds for a connection."""


@contextlib.contextmanager
def _connected(authority: Authority) -> Iterator[tuple[TlsStream, ssl.SSLSocket]]:
    """Make both ends of a connection over TLS; the peer's blocks for `PATIENCE` at most."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(PATIENCE)
    accepted: list[ssl.SSLSocket] = []
    context = authority.server("localhost")
    thread = threading.Thread(
        target=lambda: accepted.append(context.wrap_socket(theirs, server_side=True))
    )
    thread.start()
    stream = secure(
        SocketStream(ours),
        client_context(Path(authority.ca_file)),
        "localhost",
        timeout=PATIENCE,
        clock=time.monotonic,
    )
    thread.join()
    try:
        yield stream, accepted[0]
    finally:
        stream.close()
        accepted[0].close()


def _read_what_came(peer: ssl.SSLSocket) -> int:
    peer.setblocking(False)
    read = 0
    while True:
        try:
            data = peer.recv(65_536)
        except ssl.SSLWantReadError:
            return read
        if not data:
            return read
        read += len(data)


def test_a_write_that_had_no_room_for_all_counts_what_the_peer_can_read(
    authority: Authority,
) -> None:
    """Else a message whose end the peer has counts as not handed over, and is sent again."""
    with _connected(authority) as (stream, peer):
        taken = stream.send(MUCH)

        assert 0 < taken < len(MUCH)
        assert _read_what_came(peer) == taken


def test_a_write_into_an_ended_connection_is_a_lost_one_and_not_taken(
    authority: Authority,
) -> None:
    """A failure is told once nothing was taken, so that no byte goes uncounted."""
    with _connected(authority) as (stream, peer):
        before = stream.send(MUCH)
        read = _read_what_came(peer)
        peer.close()
        with pytest.raises(ConnectionLostError):
            _send_until_lost(stream)

        assert read == before


def _send_until_lost(stream: TlsStream) -> None:
    while True:
        stream.send(MUCH)
