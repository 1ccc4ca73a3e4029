"""What the bench wants of a system."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import Select, create_engine
from sqlalchemy.pool import NullPool

from bench.errors import BenchError
from bench.processes import Roles


class System(Protocol):
    """Takes mails over HTTP and records what became of them."""

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        ...

    @property
    def path(self) -> str:
        """What mails are posted to."""
        ...

    @property
    def authorization(self) -> str | None:
        """The header of this name, if it wants one."""
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


class StoreReader:
    """One connection to a system's store, on which each question sees the newest commit."""

    def __init__(self, url: str) -> None:
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._connection = engine.connect()

    def counts(self, question: Select[Any]) -> dict[str, int]:
        """Answer a question for statuses and how often each is there."""
        return dict(self._connection.execute(question).tuples().all())

    def has_any(self, question: Select[Any]) -> bool:
        """Whether a question has an answer."""
        return self._connection.execute(question.limit(1)).first() is not None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
