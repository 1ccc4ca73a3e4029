"""The baseline as a system: its two processes, a PostgreSQL and a Redis."""

from contextlib import ExitStack

import psutil
from sqlalchemy import create_engine, func, literal, select
from sqlalchemy.pool import NullPool

from bench.baseline.app import PROCESSES, THREADS
from bench.baseline.mails import Config, mails, metadata
from bench.load import Load
from bench.processes import Roles
from bench.servers import Broker, Database
from bench.systems.started import last_words, start_module
from bench.systems.system import HttpDoor, StoreReader, Work, since_begun
from tests.ports import LOOPBACK, free_port
from tests.servers.folder import ServerFolder


class UsualWay:
    """Flask, Celery and smtplib, as `bench.baseline` says; `relay_port` is on this machine."""

    def __init__(self, relay_port: int) -> None:
        self.door = HttpDoor(port=free_port(), path="/send")
        with ExitStack() as stack:
            self._folder = ServerFolder("bench-usual")
            stack.callback(self._folder.remove)
            database = Database()
            stack.callback(database.close)
            broker = Broker()
            stack.callback(broker.close)
            config = Config(database.database(), broker.url, relay_port)
            metadata.create_all(create_engine(config.database_url, poolclass=NullPool))
            worker = start_module(
                "bench.baseline.worker",
                log=self._folder.path / "worker.log",
                variables=config.variables(),
            )
            stack.callback(worker.stop)
            api = start_module(
                "gunicorn",
                *("--bind", f"{LOOPBACK}:{self.door.port}", "--no-control-socket"),
                *("--workers", str(PROCESSES), "--threads", str(THREADS)),
                "bench.baseline.app:create_app()",
                log=self._folder.path / "api.log",
                variables=config.variables(),
                ready=(self.door.port, "/ready"),
            )
            stack.callback(api.stop)
            self._store = StoreReader(config.database_url)
            stack.callback(self._store.close)
            self._roles = {
                "api": [psutil.Process(api.pid)],
                "worker": [psutil.Process(worker.pid)],
                "broker": [broker.process],
                "database": [database.process],
            }
            self._ending = stack.pop_all()

    def accept(self, work: Work) -> Load:
        """Post mails."""
        return self.door.accept(work)

    def milliseconds_to_250(self, work: Work, load: Load) -> list[float]:
        """Return how long each took, until its task began (before its 250: in its favour)."""
        rows = self._store.rows(select(mails.c.recipient, mails.c.sent_at))
        return since_begun(work, load, dict(rows))

    def roles(self) -> Roles:
        """Return its processes by what they do."""
        return self._roles

    def is_at_work(self) -> bool:
        """Whether a row is not marked as sent."""
        return self._store.has_any(select(literal(1)).where(mails.c.status != "sent"))

    def counts(self) -> dict[str, int]:
        """Return how many rows there are, by status."""
        return self._store.counts(select(mails.c.status, func.count()).group_by(mails.c.status))

    def last_words(self) -> str:
        """Return the ends of its logs."""
        return last_words(self._folder.path)

    def close(self) -> None:
        """End it, and remove what it has written."""
        self._ending.close()
