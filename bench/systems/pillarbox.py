"""Pillarbox as a system: `pillarbox up`, on its embedded servers or on given ones."""

import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta

import psutil
from sqlalchemy import func, literal, select

from bench.load import Load
from bench.processes import Roles, children_by_word
from bench.servers import Broker, Database
from bench.systems.started import last_words, start_module
from bench.systems.system import HttpDoor, StoreReader, Work, since_begun
from pillarbox.settings_survey import load
from pillarbox.store.tables import attempts, deliveries, recipients
from tests.ports import LOOPBACK, free_port
from tests.servers.folder import ServerFolder

ROLES = {"service": "api", "workers": "worker", "workers.scheduler": "scheduler"}
"""What a child of `pillarbox up` does, by the module that it runs; the other is the broker."""


class Pillarbox:
    """All that `pillarbox up` starts, with every setting's default but for what it is given.

    `servers` are variables that name a database and a broker; without any it
    brings its own, which is the embedded default.
    """

    def __init__(self, relay_port: int, servers: Mapping[str, str] | None = None) -> None:
        key = f"pb_benchmark_{secrets.token_hex(20)}"
        self.door = HttpDoor(
            port=free_port(),
            path="/v1/messages",
            batch_path="/v1/messages/batch",
            authorization=f"Bearer {key}",
        )
        with ExitStack() as stack:
            self._folder = ServerFolder("bench-pillarbox")
            stack.callback(self._folder.remove)
            variables = {
                "PILLARBOX_STATE_DIR": str(self._folder.path / "var"),
                "PILLARBOX_HTTP_PORT": str(self.door.port),
                "PILLARBOX_RELAY_URL": f"smtp://{LOOPBACK}:{relay_port}",
                "PILLARBOX_BOOTSTRAP_KEY": key,
                **(servers or {}),
            }
            up = start_module(
                "pillarbox.cli",
                "up",
                log=self._folder.path / "up.log",
                variables=variables,
                ready=(self.door.port, "/readyz"),
            )
            stack.callback(up.stop)
            self._store = StoreReader(load(variables).sqlalchemy_url)
            stack.callback(self._store.close)
            self._up = psutil.Process(up.pid)
            self._ending = stack.pop_all()

    def accept(self, work: Work) -> Load:
        """Post mails."""
        return self.door.accept(work)

    def milliseconds_to_250(self, work: Work, load: Load) -> list[float]:
        """Return how long each took, until its attempt had ended."""
        rows = self._store.rows(
            select(recipients.c.address, attempts.c.started_at, attempts.c.milliseconds).join(
                attempts, attempts.c.message_id == recipients.c.message_id
            )
        )
        ended = {address: at + timedelta(milliseconds=took) for address, at, took in rows}
        return since_begun(work, load, ended)

    def roles(self) -> Roles:
        """Return its processes by what they do."""
        return {"up": [self._up], **children_by_word(self._up, ROLES, other="broker")}

    def is_at_work(self) -> bool:
        """Whether something is still scheduled or under way."""
        return self._store.has_any(select(literal(1)).select_from(deliveries))

    def counts(self) -> dict[str, int]:
        """Return how many recipients there are, by status."""
        return self._store.counts(
            select(recipients.c.status, func.count()).group_by(recipients.c.status)
        )

    def last_words(self) -> str:
        """Return the ends of its logs."""
        return last_words(self._folder.path)

    def close(self) -> None:
        """End it, and remove what it has written."""
        self._ending.close()


class PillarboxOnServers:
    """Pillarbox on a PostgreSQL and a Redis, as in production."""

    def __init__(self, relay_port: int) -> None:
        with ExitStack() as stack:
            self._database = Database()
            stack.callback(self._database.close)
            self._broker = Broker()
            stack.callback(self._broker.close)
            servers = {
                "PILLARBOX_DATABASE_URL": self._database.database(),
                "PILLARBOX_REDIS_URL": self._broker.url,
            }
            self._pillarbox = Pillarbox(relay_port, servers)
            stack.callback(self._pillarbox.close)
            self._ending = stack.pop_all()

    def accept(self, work: Work) -> Load:
        """Post mails."""
        return self._pillarbox.accept(work)

    def milliseconds_to_250(self, work: Work, load: Load) -> list[float]:
        """Return how long each took, until its attempt had ended."""
        return self._pillarbox.milliseconds_to_250(work, load)

    def roles(self) -> Roles:
        """Return its processes by what they do."""
        servers = {"broker": [self._broker.process], "database": [self._database.process]}
        return {**self._pillarbox.roles(), **servers}

    def is_at_work(self) -> bool:
        """Whether something is still scheduled or under way."""
        return self._pillarbox.is_at_work()

    def counts(self) -> dict[str, int]:
        """Return how many recipients there are, by status."""
        return self._pillarbox.counts()

    def last_words(self) -> str:
        """Return the ends of its logs."""
        return self._pillarbox.last_words()

    def close(self) -> None:
        """End it, and the servers after it."""
        self._ending.close()
