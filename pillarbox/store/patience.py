"""How long a database may leave us without a word: a hung server holds nobody for ever.

A server that is stopped, or whose disk hangs, still acknowledges packets: neither TCP
nor its own `statement_timeout` ends the wait. So whoever has had a connection for
longer than any transaction of ours takes has it shut under them, and their statement
fails as if the server had gone.

1. A connection is shut only while it is lent: giving it back and shutting it exclude
   each other.
2. Shutting ends a wait in the thread that waits; nobody else touches the connection.
"""

import os
import socket
import time
from contextlib import suppress
from threading import Event, Lock, Thread

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

LOOKS = 20
"""So often within its patience it looks at what is lent."""


class Patience:
    """Watches what an engine's pool has lent, in a thread of its own from the first loan."""

    def __init__(self, engine: Engine, *, seconds: float) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._lent: dict[ConnectionPoolEntry, tuple[float, DBAPIConnection]] = {}
        self._stop = Event()
        self._watching_in: int | None = None
        event.listen(engine, "checkout", self._note_lent)
        event.listen(engine, "checkin", self._note_returned)

    def close(self) -> None:
        """Watch no longer."""
        self._stop.set()

    def _note_lent(
        self, connection: DBAPIConnection, entry: ConnectionPoolEntry, _: PoolProxiedConnection
    ) -> None:
        with self._lock:
            self._lent[entry] = time.monotonic(), connection
            if self._watching_in != os.getpid():  # a thread does not survive a fork
                self._watching_in = os.getpid()
                Thread(target=self._watch, name="store-patience", daemon=True).start()

    def _note_returned(self, _: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        with self._lock:
            self._lent.pop(entry, None)

    def _watch(self) -> None:
        while not self._stop.wait(self._seconds / LOOKS):
            with self._lock:
                too_long = time.monotonic() - self._seconds
                for since, connection in self._lent.values():
                    if since < too_long:
                        _shut(connection)


def _shut(connection: DBAPIConnection) -> None:
    """Shut the connection's socket; what TLS had to say is not said."""
    # psycopg's own error for one that is closed already is no OSError, and no other is meant.
    with suppress(Exception), socket.socket(fileno=os.dup(connection.fileno())) as twin:
        twin.shutdown(socket.SHUT_RDWR)
