"""A line that takes time: a proxy on loopback that delivers every octet half a round trip later.

`python -m bench.smtp.slow_line LISTEN_PORT TO_PORT ROUND_TRIP_MS` runs one.

1. It delays and does not limit: both ways are read as fast as they come, whatever waits.
2. What came together goes on together, in order. It acknowledges at once, so that no
   system's algorithm against small packets waits for it.
3. A connection takes a round trip to open, and its server hears of it after another half:
   the greeting comes after two, as over a real line. An end takes its time like any octet.
4. It has no slow start, no loss and no jitter: a real line is worse for who writes much at once.
"""

import queue
import socket
import sys
import threading
import time
from contextlib import closing, suppress
from typing import Final

from bench.smtp.own_listener import OwnListener
from tests.ports import LOOPBACK

CHUNK: Final = 262_144


class SlowLine(OwnListener):
    """One such process, to a port of this machine."""

    def __init__(self, to_port: int, round_trip_ms: float) -> None:
        super().__init__("slow_line", to_port, round_trip_ms)


def carry(listen_port: int, to_port: int, round_trip: float) -> None:
    """Take connections for ever; `round_trip` in seconds."""
    with socket.create_server((LOOPBACK, listen_port)) as server:
        while True:
            near, _ = server.accept()
            threading.Thread(target=_open, args=(near, to_port, round_trip), daemon=True).start()


def _open(near: socket.socket, to_port: int, round_trip: float) -> None:
    time.sleep(round_trip * 1.5)  # SYN, its answer, and the ACK that lets the server accept
    try:
        far = socket.create_connection((LOOPBACK, to_port))
    except OSError:
        near.close()
        return
    ways = [
        threading.Thread(target=_read, args=(*ends, round_trip / 2), daemon=True)
        for ends in ((near, far), (far, near))
    ]
    with closing(near), closing(far):
        for way in ways:
            way.start()
        for way in ways:
            way.join()


def _read(source: socket.socket, goal: socket.socket, delay: float) -> None:
    """Read from one end as fast as it comes, and let a thread write it to the other in its time."""
    under_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
    writer = threading.Thread(target=_write, args=(under_way, goal), daemon=True)
    goal.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    writer.start()
    octets = b"."
    while octets:
        try:
            source.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            octets = source.recv(CHUNK)
        except OSError:
            octets = b""
        under_way.put((time.monotonic() + delay, octets))
    writer.join()


def _write(under_way: "queue.SimpleQueue[tuple[float, bytes]]", goal: socket.socket) -> None:
    octets = b"."
    while octets:
        due, octets = under_way.get()
        if (left := due - time.monotonic()) > 0:
            time.sleep(left)  # the line being slow is what is simulated
        try:
            goal.sendall(octets)
        except OSError:
            return
    with suppress(OSError):
        goal.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    carry(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000)
