"""The thread that serves rounds: the plain POSTs that are there at the same time.

A thread for each request costs nine switches between threads a message. One
thread that reads all of them, commits once, and answers all, has one or two.

1. A connection is here while plain POSTs follow one another on it. With anything
   else it goes back to its worker, unanswered and with all that was read of it.
2. Nobody is waited for: what is not whole is looked at again, and goes back too
   if its rest does not come; what cannot be written at once ends the connection.
"""

import os
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from service.rounds.plain_post import NoPlainPost, PlainPost, read_plain_post
from service.timely_socket import TimelySocket

STAY_SECONDS = 1.0
"""For the next request to come; idle connections are the worker's."""
LOOK_SECONDS = 0.05
"""Between two looks for who has stayed too long, and for the worker's end."""
MOST_IN_A_ROUND = 64
"""Beyond, a larger transaction saves little more, and holds its neighbours up."""

_RINGS = 1 << 10
"""Read together; each says that a connection has come."""

_log = structlog.get_logger("pillarbox.http")


class Host(Protocol):
    """The worker that connections come from and go back to, each by a call in this thread."""

    alive: bool

    def serve_again(self, connection: Any) -> None:  # noqa: ANN401 - gunicorn has no types
        """Have a thread serve what the connection has brought."""

    def keep(self, connection: Any) -> None:  # noqa: ANN401 - as above
        """Wait for the connection's next request."""

    def end(self, connection: Any) -> None:  # noqa: ANN401 - as above
        """End the connection."""


Answerer = Callable[[list[PlainPost]], list[bytes | None]]
"""Answers a round; None for what somebody else is to answer."""


@dataclass(slots=True, eq=False)
class _Guest:
    """A connection that is here until `until`, on the monotonic clock, unless it is answered."""

    connection: Any
    until: float

    @property
    def sock(self) -> TimelySocket:
        return self.connection.sock  # type: ignore[no-any-return] # gunicorn has no types


class Rounds:
    """Serves the connections that it is given. The thread starts with the first one."""

    def __init__(self, host: Host, answer: Answerer) -> None:
        self._host = host
        self._answer = answer
        self._arrived: deque[Any] = deque()
        self._turn = threading.Lock()
        self._bell: tuple[int, int] | None = None
        self._guests: set[_Guest] = set()
        self._selector = selectors.DefaultSelector()
        self._looked = 0.0

    def take(self, connection: Any) -> None:  # noqa: ANN401 - gunicorn has no types
        """Serve a connection from now on; called in any thread.

        Raises `RuntimeError` if there is no room for the thread; the connection is not taken then.
        """
        with self._turn:
            if self._bell is None:
                self._bell = self._start()
        self._arrived.append(connection)
        os.write(self._bell[1], b"\0")

    def _start(self) -> tuple[int, int]:
        bell = os.pipe()
        try:
            threading.Thread(target=self._run, args=bell[:1], name="rounds", daemon=True).start()
        except RuntimeError:  # no room for a thread: whoever comes next tries again
            for end in bell:
                os.close(end)
            raise
        return bell

    def _run(self, bell: int) -> None:
        self._selector.register(bell, selectors.EVENT_READ)
        while True:
            try:
                self._take_turn(bell)
            except Exception:  # noqa: BLE001 - whoever else comes finds this thread alive
                _log.exception("http_rounds_failed")
                for guest in [*self._guests]:
                    self._part(guest, self._host.end)

    def _take_turn(self, bell: int) -> None:
        ready = self._selector.select(LOOK_SECONDS if self._guests else None)
        guests = [key.data for key, _ in ready if key.data is not None]
        if len(guests) < len(ready):
            os.read(bell, _RINGS)
            self._welcome()
        for first in range(0, len(guests), MOST_IN_A_ROUND):
            self._serve(guests[first : first + MOST_IN_A_ROUND])
        self._look_round()

    def _welcome(self) -> None:
        while self._arrived:
            guest = _Guest(self._arrived.popleft(), time.monotonic() + STAY_SECONDS)
            guest.sock.setblocking(False)
            self._guests.add(guest)
            self._selector.register(guest.sock, selectors.EVENT_READ, guest)

    def _serve(self, guests: Iterable[_Guest]) -> None:
        """Answer those of whom a plain POST is there."""
        posts = [(guest, post) for guest in guests if (post := self._heard(guest)) is not None]
        if not posts:
            return
        answers = self._answer([post for _, post in posts])
        until = time.monotonic() + STAY_SECONDS
        for (guest, _), answer in zip(posts, answers, strict=True):
            if answer is None:
                self._part(guest, self._host.serve_again)
                continue
            guest.sock.drop_ahead()
            guest.until = until
            if not _sent(guest.sock, answer):
                self._part(guest, self._host.end)

    def _heard(self, guest: _Guest) -> PlainPost | None:
        """Return what a connection asks, if it is there and plain."""
        try:
            post = read_plain_post(guest.sock.look_ahead())
        except EOFError:  # of a request that has begun, its answer is still to come
            self._part(guest, self._host.serve_again if guest.sock.has_ahead() else self._host.end)
            return None
        except OSError:
            self._part(guest, self._host.end)
            return None
        if isinstance(post, PlainPost):
            return post
        if post is NoPlainPost.NEVER:
            guest.sock.is_plain = False
            self._part(guest, self._host.serve_again)
        return None

    def _look_round(self) -> None:
        """Let those go who have stayed too long, or all at the worker's end."""
        now = time.monotonic()
        if now < self._looked + LOOK_SECONDS and self._host.alive:
            return
        self._looked = now
        for guest in [*self._guests]:
            if guest.sock.has_ahead():
                self._part(guest, self._host.serve_again)
            elif guest.until <= now or not self._host.alive:
                self._part(guest, self._host.keep)

    def _part(self, guest: _Guest, take_back: Callable[[Any], None]) -> None:
        self._guests.discard(guest)
        with suppress(KeyError, ValueError):
            self._selector.unregister(guest.sock)
        take_back(guest.connection)


def _sent(sock: TimelySocket, answer: bytes) -> bool:
    try:
        return sock.send_at_once(answer)
    except OSError:
        return False
