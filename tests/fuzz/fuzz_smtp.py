"""A relay that says anything at all: `python -m tests.fuzz.fuzz_smtp [corpus] [seconds]`.

With atheris the search is guided by coverage (`-max_total_time=60` and the like
go to libFuzzer); without it, mutations of the corpus are drawn at random.

An input is a byte of options, and then what the relay says, in pieces that end
with 0xFF: the next piece comes when the last one has been read and something
was written, or nothing else can happen.
"""

import importlib
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pillarbox.domain.address import Address
from pillarbox.domain.reply import Reply, Verb
from workers.smtp.capabilities import Chunking
from workers.smtp.commands import ehlo
from workers.smtp.connection import Connection
from workers.smtp.errors import LineError
from workers.smtp.timeouts import Timeouts
from workers.smtp.transaction import Transaction
from workers.smtp.transmission import transmit_all

CORPUS = Path(__file__).parent / "corpus" / "smtp"
SEPARATOR = b"\xff"
PROVEN, PARTIAL, SILENT = 1, 2, 4
"""The options: BDAT is known to work; writes are short; the end is silence and not EOF."""

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
    except LineError:
        return
    results = transmit_all(connection, MESSAGES, lambda: True)
    assert 1 <= len(results) <= len(MESSAGES)
    for result, message in zip(results, MESSAGES, strict=False):
        assert result.transaction is message
        assert len(result.verdicts) == len(message.recipients)
        for verdict in result.verdicts:
            if isinstance(verdict, Reply) and verdict.is_positive:
                assert verdict.command is Verb.END_OF_DATA
                assert result.data_may_have_ended
    connection.quit()


def mutate(source: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Change a few octets, cut something out, or put a piece of another input in."""
    changed = bytearray(data)
    for _ in range(source.randint(1, 6)):
        place = source.randint(0, len(changed))
        match source.randint(0, 3):
            case 0:
                changed[place : place + 1] = bytes([source.randint(0, 255)])
            case 1:
                del changed[place : place + source.randint(1, 12)]
            case 2:
                other = source.choice(others)
                start = source.randint(0, len(other))
                changed[place:place] = other[start : start + source.randint(1, 60)]
            case _:
                changed[place:place] = source.choice([b"\r\n", b"-", SEPARATOR, b"421 x\r\n"])
    return bytes(changed)


def draw(corpus: Path, seconds: float, seed: int) -> int:
    """Try mutations of the corpus for so long; return how many."""
    source = random.Random(seed)  # noqa: S311 -- reproducible, and no secret
    inputs = [path.read_bytes() for path in sorted(corpus.iterdir())]
    for data in inputs:
        one_input(data)
    tried, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        data = mutate(source, source.choice(inputs), inputs)
        try:
            one_input(data)
        except BaseException:
            sys.stderr.write(f"input: {data!r}\n")
            raise
        tried += 1
    return tried


def main(arguments: Sequence[str]) -> None:
    """Search; with atheris if it is there."""
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        corpus = Path(arguments[0]) if arguments else CORPUS
        tried = draw(corpus, float(arguments[1]) if len(arguments) > 1 else 10.0, seed=1)
        sys.stdout.write(f"{tried} inputs\n")
        return
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], *(arguments or [str(CORPUS)])], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
