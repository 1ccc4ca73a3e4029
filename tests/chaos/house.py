"""A whole installation before a relay that takes, refuses and drops mail: what chaos befalls."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from tests.accounting import Account
from tests.scenes.relay_house import Stage
from tests.servers.installation import Installation
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

LEASE = 4.0
"""Seconds: a claim of a killed worker is found so long after it."""


class House:
    """Two workers, two schedulers, an API, a Redis that forgets; PostgreSQL or SQLite.

    The relay stays: what it has kept is the witness.
    """

    lease = LEASE

    def __init__(self, folder: Path, *, has_postgresql: bool) -> None:
        with ExitStack() as stack:
            (folder / "relay").mkdir()
            self.stage = Stage(folder / "relay", has_chunking=True)
            stack.enter_context(self.stage.relay)
            self.redis = RedisServer()
            stack.callback(self.redis.close)
            self.postgres: PostgresServer | None = None
            settings: dict[str, object] = {
                "REDIS_URL": self.redis.url,
                "RELAY_CA_FILE": self.stage.ca_file,
                "RELAY_CONNECTIONS": 4,
                "LEASE": LEASE,
                "SWEEP": 0.5,
                "RETRY_BASE": 1,
            }
            if has_postgresql:
                self.postgres = PostgresServer(durable=True)
                stack.callback(self.postgres.close)
                settings["DATABASE_URL"] = self.postgres.database()
            (folder / "state").mkdir()
            self.running = Installation(folder / "state", relay_url=self.stage.url, **settings)
            stack.push(self.running)
            self.running.command("migrate")
            self.running.start_api()
            for name in ("a", "b"):
                self.running.start_worker(f"worker-{name}")
                self.running.start_scheduler(f"scheduler-{name}")
            self._ending = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.__exit__(kind, error, trace)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is under way, as the API tells it.

        A message may change its status between two questions, so that each is
        answered with none; the account of all of them is what counts.
        """
        asked = map(self._has, ("queued", "sending", "deferred"))
        return not any(asked) and Account(self.running).settled

    def _has(self, status: str) -> bool:
        answer = self.running.get(f"/v1/messages?status={status}&limit=1")
        assert answer.status_code == requests.codes.ok, answer.text
        return bool(answer.json()["data"])
