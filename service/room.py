"""Room for large bodies: how many octets of them one process has at a time.

1. A body, its text, its document and its attachments are a few times its size, and
   a process has a thread for each: without a bound they decide how much memory it takes.
2. Who finds no room waits in line, so that nobody is overtaken for ever; but only
   a few wait, since a thread that waits serves no small request. The others are
   told to come again.
3. Room is taken once for each request, before its body is read: nobody holds some
   and waits for more.
"""

import threading
import time
from collections import deque

LARGE_OCTETS = 1 << 20
"""Smaller bodies take no room and never wait: all threads' together are as much as one large."""
WAIT_SECONDS = 10.0
"""In line; a client waits for an answer longer than that."""


class NoRoomError(Exception):
    """There is none, and too many wait, or one has waited too long."""


class Room:
    """For so many octets at a time; a larger body has it all to itself. Threads share it."""

    def __init__(
        self, octets: int, *, most_waiting: int, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._octets = octets
        self._most_waiting = most_waiting
        self._wait_seconds = wait_seconds
        self._changed = threading.Condition()
        self._taken = 0
        self._line: deque[object] = deque()

    def __repr__(self) -> str:
        """Show what a test asks for."""
        with self._changed:
            return f"<Room {self._taken} of {self._octets} taken, {len(self._line)} waiting>"

    def take(self, octets: int) -> "Place":
        """Take room, in turn; raises `NoRoomError`."""
        wanted = min(octets, self._octets)
        me = object()
        with self._changed:
            if self._line or not self._fits(wanted):
                if len(self._line) >= self._most_waiting:
                    raise NoRoomError
                self._wait(me, wanted)
            self._taken += wanted
        return Place(self, wanted)

    def give_back(self, octets: int) -> None:
        """Leave room to others."""
        with self._changed:
            self._taken -= octets
            self._changed.notify_all()

    def _wait(self, me: object, wanted: int) -> None:
        until = time.monotonic() + self._wait_seconds
        self._line.append(me)
        try:
            while self._line[0] is not me or not self._fits(wanted):
                if not self._changed.wait(until - time.monotonic()):
                    raise NoRoomError
        finally:
            self._line.remove(me)
            self._changed.notify_all()

    def _fits(self, octets: int) -> bool:
        return self._taken + octets <= self._octets


class Place:
    """What one request has taken; given back once, however often that is asked for."""

    def __init__(self, room: Room, octets: int) -> None:
        self._room = room
        self._octets = octets

    def keep(self, octets: int) -> None:
        """Give back what is more than that: the body is smaller than it might have been."""
        if octets < self._octets:
            self._room.give_back(self._octets - octets)
            self._octets = octets

    def leave(self) -> None:
        """Give all of it back."""
        self.keep(0)
