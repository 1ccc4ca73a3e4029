"""The load: POSTs over kept connections, from a process of its own that costs little.

`python -m bench.load` reads an `Order` as JSON from its standard input, carries it
out and writes a `Load` as JSON to its standard output.
"""

import json
import os
import resource
import selectors
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path

from bench import mail
from bench.errors import AnswerError, LoadError
from bench.keep_alive import Answer, KeptConnection
from bench.processes import peak_octets

ANSWER_SECONDS = 60.0
"""A connection that has no answer for so long ends the load."""
CONNECT_PAUSE_SECONDS = 0.005
"""Longer than a server takes to accept, shorter than any that closes what says nothing."""
LONGEST_SECONDS = 900.0
"""A whole load that takes longer is ended."""
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be posted where."""

    port: int
    path: str
    authorization: str | None
    first: int
    count: int
    """Of mails, in as many POSTs or in batches."""
    connections: int
    batch: int = 1

    @property
    def posts(self) -> int:
        """How many requests these are."""
        return -(-self.count // self.batch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came of an order. Times are of the monotonic clock, which processes share."""

    started_at: float
    ended_at: float
    accepted: int
    """Mails, of those in the order."""
    refusals: dict[str, int]
    """Answers other than 202, by status."""
    seconds: list[float]
    """Of each POST, from its first octet sent to its answer's last octet read."""
    begun: list[float]
    """Of each mail in the order of its number, when its POST began: POSIX time."""
    cpu_seconds: float
    peak_octets: int


def carry_out(order: Order) -> Load:
    """Post everything, each connection as fast as it is answered; raises `AnswerError`."""
    posts = _Posts(order)
    connections = [*_connect(order.port, min(order.connections, order.posts))]
    with selectors.DefaultSelector() as selector:
        try:
            started_at = time.monotonic()
            for connection in connections:
                selector.register(connection, selectors.EVENT_READ)
                posts.send_next(connection)
            while selector.get_map():
                _exchange(selector, posts)
            ended_at = time.monotonic()
        finally:
            for connection in connections:
                connection.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Load(
        started_at=started_at,
        ended_at=ended_at,
        accepted=posts.accepted,
        refusals=dict(posts.refusals),
        seconds=posts.seconds,
        begun=posts.begun,
        cpu_seconds=used.ru_utime + used.ru_stime,
        peak_octets=sum(peak_octets(os.getpid())),
    )


class _Posts:
    """The requests that are still to be sent, and what was answered."""

    def __init__(self, order: Order) -> None:
        self.accepted = 0
        self.refusals: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.begun: list[float] = []
        self._order = order
        self._requests = mail.requests(
            order.path,
            order.authorization,
            first=order.first,
            count=order.count,
            batch=order.batch,
        )

    def send_next(self, connection: KeptConnection) -> bool:
        """Send the next request, if there is one."""
        request = next(self._requests, None)
        if request is None:
            return False
        mails = min(self._order.batch, self._order.count - len(self.begun))
        self.begun.extend([time.time()] * mails)
        connection.send(request)
        return True

    def note(self, answer: Answer) -> None:
        """Count an answer."""
        self.seconds.append(answer.seconds)
        if answer.status != HTTPStatus.ACCEPTED:
            self.refusals[str(answer.status)] += 1
        elif self._order.batch == 1:
            self.accepted += 1
        else:
            self.accepted += int(json.loads(answer.body)["accepted"])


def _connect(port: int, count: int) -> Iterator[KeptConnection]:
    """Open connections one by one, as clients come: a burst would all go to one process."""
    pause = threading.Event()
    for _ in range(count):
        yield KeptConnection(port)
        pause.wait(CONNECT_PAUSE_SECONDS)


def _exchange(selector: selectors.BaseSelector, posts: _Posts) -> None:
    """Read what can be read, and send the next request where an answer is whole."""
    ready = selector.select(ANSWER_SECONDS)
    if not ready:
        raise AnswerError(f"no answer within {ANSWER_SECONDS:g} s")
    for key, _ in ready:
        connection = key.fileobj
        assert isinstance(connection, KeptConnection)  # noqa: S101 - what we registered
        answer = connection.receive()
        if answer is None:
            continue
        posts.note(answer)
        if answer.closes:
            selector.unregister(connection)
            connection.reconnect()
            selector.register(connection, selectors.EVENT_READ)
        if not posts.send_next(connection):
            selector.unregister(connection)
            connection.close()


def in_a_process(order: Order) -> Load:
    """Carry an order out in a new process, and wait for it; raises `LoadError`."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bench.load"],
            input=json.dumps(asdict(order)),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=LONGEST_SECONDS,
            cwd=ROOT,
        )
    except subprocess.SubprocessError as error:
        raise LoadError(str(error)) from error
    return Load(**json.loads(done.stdout))


if __name__ == "__main__":
    json.dump(asdict(carry_out(Order(**json.load(sys.stdin)))), sys.stdout)
