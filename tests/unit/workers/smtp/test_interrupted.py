"""Broken off at any point: no place of the pool and no socket is left (RFC 5321 4.1.1.10)."""

import contextlib
import itertools

import pytest

from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Script
from tests.unit.workers.smtp.carrying import CHUNKING, always, clear, to
from workers.smtp.opening import Opener
from workers.smtp.pool import Pool
from workers.smtp.sockets import SocketStream, dial
from workers.smtp.timeouts import Timeouts


class Interruption(BaseException):
    """What a signal's handler raises, wherever the program is."""


class InterruptedStream(SocketStream):
    """Is broken off at its so-manieth step."""

    steps = 0
    last = 0

    def send(self, data: bytes | memoryview) -> int:
        self._step()
        return super().send(data)

    def receive(self, size: int) -> bytes | None:
        self._step()
        return super().receive(size)

    def wait(self, *, write: bool, timeout: float) -> bool:
        self._step()
        return super().wait(write=write, timeout=timeout)

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self.last:
            raise Interruption


def break_off(server: ScriptedServer, step: int) -> bool:
    """Carry mail twice over one pool, broken off at a step; False if there is no such step."""
    streams: list[InterruptedStream] = []

    def interrupted(host: str, port: int, timeouts: Timeouts) -> SocketStream:
        streams.append(InterruptedStream(dial(host, port, timeouts).socket))
        streams[-1].last = step
        return streams[-1]

    pool = Pool(Opener(clear(server), dialer=interrupted))
    with contextlib.suppress(Interruption):
        for _ in range(2):
            lease = pool.checkout()
            assert lease is not None
            with lease:
                lease.send([to("a"), to("b")], always)
    with contextlib.suppress(Interruption):
        pool.close_all(timeout=1)

    assert (0, 0) == (pool.stats.in_use, pool.stats.idle)
    assert [-1] == [stream.socket.fileno() for stream in streams]
    return streams[0].steps >= step


@law("places-come-back")
@pytest.mark.parametrize("keywords", [("SIZE 0",), ("PIPELINING",), CHUNKING])
def test_a_session_that_is_broken_off_anywhere_leaves_nothing(keywords: tuple[str, ...]) -> None:
    """From the greeting to QUIT, step by step, until there is no step more to break off at."""
    with ScriptedServer(Script(ehlo=keywords)) as server:
        steps = sum(itertools.takewhile(bool, (break_off(server, n) for n in itertools.count(1))))
        assert steps > 10
