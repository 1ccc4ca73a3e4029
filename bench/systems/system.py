"""What the bench wants of a system."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Select, create_engine
from sqlalchemy.pool import NullPool

from bench import mail
from bench.errors import BenchError
from bench.load import Load, Order, in_a_process
from bench.processes import Roles


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Mails to be accepted: `count` from number `first`, in batches if `batch` is above 1."""

    first: int
    count: int
    connections: int
    batch: int


class System(Protocol):
    """Takes mails and records what became of them."""

    def accept(self, work: Work) -> Load:
        """Hand it mails, and tell how it took them."""
        ...

    def milliseconds_to_250(self, work: Work, load: Load) -> list[float]:
        """Return for each mail of this work how long it was from its request to the relay's 250.

        By the system's own record of when the relay answered.
        """
        ...

    def roles(self) -> Roles:
        """Return its processes by what they do."""
        ...

    def is_at_work(self) -> bool:
        """Whether its store holds a message without an outcome."""
        ...

    def counts(self) -> dict[str, int]:
        """Return how many recipients its store holds, by status."""
        ...

    def last_words(self) -> str:
        """Return the ends of its logs."""
        ...

    def close(self) -> None:
        """End it, and remove what it has written."""
        ...


@contextmanager
def telling_last_words(system: System) -> Iterator[None]:
    """Give an error of the measurement what the system has logged, before that is removed."""
    try:
        yield
    except BenchError as error:
        error.log = system.last_words()
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpDoor:
    """Where a system takes mails over HTTP, on this machine."""

    port: int
    path: str
    batch_path: str | None = None
    authorization: str | None = None

    def accept(self, work: Work) -> Load:
        """Post mails from a process of its own."""
        path = self.path if work.batch == 1 else self.batch_path
        if path is None:
            raise BenchError(f"{self.path} takes no batches")
        return in_a_process(
            Order(
                port=self.port,
                path=path,
                authorization=self.authorization,
                first=work.first,
                count=work.count,
                connections=work.connections,
                batch=work.batch,
            )
        )


def since_begun(work: Work, load: Load, taken_at: Mapping[str, datetime]) -> list[float]:
    """Return the milliseconds from each mail's POST to when its recipient was taken."""
    return [
        (taken_at[mail.recipient(work.first + place)].timestamp() - begun) * 1000
        for place, begun in enumerate(load.begun)
    ]


class StoreReader:
    """One connection to a system's store, on which each question sees the newest commit."""

    def __init__(self, url: str) -> None:
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._connection = engine.connect()

    def counts(self, question: Select[Any]) -> dict[str, int]:
        """Answer a question for statuses and how often each is there."""
        return dict(self._connection.execute(question).tuples().all())

    def rows(self, question: Select[Any]) -> list[tuple[Any, ...]]:
        """Answer any question."""
        return [tuple(row) for row in self._connection.execute(question)]

    def has_any(self, question: Select[Any]) -> bool:
        """Whether a question has an answer."""
        return self._connection.execute(question.limit(1)).first() is not None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
