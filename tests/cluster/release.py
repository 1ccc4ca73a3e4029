"""A release of the chart in a cluster, with a real database, broker and relay outside of it."""

import copy
import secrets
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from tests.accounting import Account
from tests.chart.rendering import FULLNAME, NAMESPACE, render
from tests.cluster.cluster import Cluster
from tests.cluster.configuration import Object
from tests.cluster.deployment import Deployment
from tests.cluster.image import Image
from tests.cluster.relay import NAME, PASSWORD, USER, Relay
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

KEY = f"pb_testskey0_{secrets.token_hex(24)}"
LAG = 2.0
"""Seconds until everybody has heard that a pod goes."""
PRE_STOP = 5
"""Longer than that by more than any machine's hiccup."""
SOON: dict[str, Any] = {
    "startup": {"periodSeconds": 1, "timeoutSeconds": 10, "failureThreshold": 90},
    "readiness": {"periodSeconds": 1, "timeoutSeconds": 10},
}
"""Probes often, and with time for a slow machine."""


class Release:
    """Installed when its block begins; `values` are on top of those for the servers beside."""

    def __init__(
        self,
        folder: Path,
        image: Image,
        postgres: PostgresServer,
        redis: RedisServer,
        values: Mapping[str, Any],
        *,
        lag: float = LAG,
    ) -> None:
        self._database = postgres.database()
        self._broker = redis.database()
        self._servers = (("db.test", postgres.port), ("redis.test", redis.port))
        self._folder = folder
        self._image = image
        self._lag = lag
        self._given = values
        self._ending = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            (self._folder / "relay").mkdir()
            self.relay = stack.enter_context(closing(Relay(self._folder / "relay")))
            self.cluster = stack.enter_context(
                Cluster(self._folder, self._image, namespace=NAMESPACE, lag=self._lag)
            )
            for name, port in (*self._servers, (NAME, self.relay.port)):
                self.cluster.name_outside(name, port)
            self.values = _merged(self._values(), self._given)
            self.cluster.install(self.objects())
            self._ending = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.__exit__(kind, error, trace)

    def objects(self) -> list[Object]:
        """Render the chart."""
        return list(render(self.values))

    def upgrade(self, values: Mapping[str, Any]) -> None:
        """Change some values, and wait until that is rolled out and what was before has ended."""
        self.values = _merged(self.values, values)
        self.cluster.upgrade(self.objects())

    def deployment(self, name: str) -> Deployment:
        """Return a Deployment, by the end of its name."""
        return self.cluster.deployments[f"{FULLNAME}-{name}"]

    def get(self, path: str) -> requests.Response:
        """GET from the API, with the key."""
        return self.cluster.get(path, FULLNAME, Authorization=f"Bearer {KEY}")

    def account(self) -> Account:
        """Read what became of every message."""
        return Account(self)

    def arrived(self) -> list[str]:
        """Return the Message-IDs of what the relay has kept."""
        return [str(mail.message["Message-ID"]) for mail in self.relay.mails()]

    def _values(self) -> dict[str, Any]:
        relay = (
            f'[[relay]]\nname = "{NAME}"\nurl = "smtp+starttls://{USER}@{NAME}:{self.relay.port}"\n'
        )
        files = 'password_file = "relay.password"\nca_file = "relay-ca.pem"\n'
        (_, database), (_, broker) = self._servers
        return {
            "database": {"url": _elsewhere(self._database, "db.test", database)},
            "redis": {"url": _elsewhere(self._broker, "redis.test", broker)},
            "relay": {
                "toml": relay + files,
                "files": {"relay.password": PASSWORD, "relay-ca.pem": self.relay.ca},
            },
            "bootstrapKey": {"value": KEY},
            "config": {"PILLARBOX_SMTP_TIMEOUT_END_OF_DATA": 20},
            "api": {"preStopSeconds": PRE_STOP, "probes": SOON},
            "worker": {"probes": SOON},
            "scheduler": {"probes": SOON},
            "test": {"recipient": "grace@example.com", "sender": "billing@acme.test"},
        }


def _elsewhere(url: str, name: str, port: int) -> str:
    """Return a URL of a server of the loopback as pods know it."""
    return url.replace(f"127.0.0.1:{port}", f"{name}:{port}")


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(copy.deepcopy(below))
    for name, value in above.items():
        is_deep = isinstance(value, Mapping) and isinstance(found.get(name), Mapping)
        found[name] = _merged(found[name], value) if is_deep else value
    return found
