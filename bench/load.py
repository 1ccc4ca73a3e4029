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
from pathlib import Path

from bench import mail
from bench.errors import AnswerError, LoadError
from bench.keep_alive import KeptConnection
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
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came of an order. Times are of the monotonic clock, which processes share."""

    started_at: float
    ended_at: float
    statuses: dict[str, int]
    seconds: list[float]
    """Of each POST, from its first octet sent to its answer's last octet read."""
    cpu_seconds: float
    peak_octets: int


def carry_out(order: Order) -> Load:
    """Post everything, each connection as fast as it is answered; raises `AnswerError`."""
    requests = mail.requests(order.path, order.authorization, first=order.first, count=order.count)
    statuses: Counter[str] = Counter()
    seconds: list[float] = []
    connections = [*_connect(order.port, min(order.connections, order.count))]
    with selectors.DefaultSelector() as selector:
        try:
            started_at = time.monotonic()
            for connection in connections:
                selector.register(connection, selectors.EVENT_READ)
                connection.send(next(requests))
            while selector.get_map():
                _exchange(selector, requests, statuses, seconds)
            ended_at = time.monotonic()
        finally:
            for connection in connections:
                connection.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Load(
        started_at=started_at,
        ended_at=ended_at,
        statuses=dict(statuses),
        seconds=seconds,
        cpu_seconds=used.ru_utime + used.ru_stime,
        peak_octets=sum(peak_octets(os.getpid())),
    )


def _connect(port: int, count: int) -> Iterator[KeptConnection]:
    """Open connections one by one, as clients come: a burst would all go to one process."""
    pause = threading.Event()
    for _ in range(count):
        yield KeptConnection(port)
        pause.wait(CONNECT_PAUSE_SECONDS)


def _exchange(
    selector: selectors.BaseSelector,
    requests: Iterator[bytes],
    statuses: Counter[str],
    seconds: list[float],
) -> None:
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
        statuses[str(answer.status)] += 1
        seconds.append(answer.seconds)
        request = next(requests, None)
        if request is None or answer.closes:
            selector.unregister(connection)
        if request is None:
            connection.close()
            continue
        if answer.closes:
            connection.reconnect()
            selector.register(connection, selectors.EVENT_READ)
        connection.send(request)


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
