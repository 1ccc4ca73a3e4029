"""`python -m bench.slow`: how long one key's message waits behind another key's backlog.

The relay takes a while for each message, and few connections. The backlog is one key's, the lone
messages another's, on the same lane or on another.
"""

import json
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty

import click
import requests

from bench.distribution import percentile
from bench.stamping_relay import StampingRelay, Taken
from tests.ports import LOOPBACK
from tests.servers.installation import Installation
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

LANES = ("high", "normal", "low")
WARM_UP_SECONDS = 4.0
"""Of the backlog alone, before the first lone message."""
PATIENCE_SECONDS = 60.0
BATCH = 1000
SPARE = 2.0
"""The backlog is so many times what the relay can take meanwhile, and does not end."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A relay of so many connections and seconds a message, a backlog, and lone messages."""

    pause: float
    connections: int
    workers: int
    count: int
    every: float
    backlog_lane: str
    lone_lane: str

    @property
    def backlog(self) -> int:
        """How many messages the relay cannot take while this lasts."""
        seconds = WARM_UP_SECONDS + self.count * self.every + PATIENCE_SECONDS / 4
        return int(SPARE * seconds * self.connections / self.pause)


@click.command()
@click.option("--pause", default=0.02, show_default=True, help="Seconds the relay takes a message.")
@click.option("--connections", default=2, show_default=True, help="That the relay allows.")
@click.option("--workers", default=1, show_default=True, help="Worker processes.")
@click.option("--count", default=20, show_default=True, help="Lone messages.")
@click.option("--every", default=0.7, show_default=True, help="Seconds between two.")
@click.option("--backlog-lane", default="normal", type=click.Choice(LANES), show_default=True)
@click.option("--lone-lane", default="normal", type=click.Choice(LANES), show_default=True)
def main(**chosen: object) -> None:
    """Measure it, and print the milliseconds from the POST to the relay's 250."""
    scene = Scene(**chosen)  # type: ignore[arg-type]  # click has made them so
    waits = measure(scene)
    found = {name: round(percentile(waits, share)) for name, share in _SHARES.items()}
    click.echo(json.dumps({**chosen, "milliseconds": found}))


_SHARES = {"p50": 0.5, "p90": 0.9, "max": 1.0}


def measure(scene: Scene) -> list[float]:
    """Run one scene; the milliseconds of each lone message."""
    with _installed(scene) as (relay, running):
        lone_key = json.loads(
            running.command("keys", "create", "--name", "lone", "--sender", "*", "--json")
        )["key"]
        for first in range(0, scene.backlog, BATCH):
            _post_backlog(running, scene, min(BATCH, scene.backlog - first))
        wait_until(lambda: not relay.taken.empty(), PATIENCE_SECONDS, "the backlog is under way")
        time.sleep(WARM_UP_SECONDS)  # a relay's pace is learnt under the backlog
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {lone_key}"
            return [_wait_of_one(session, running, relay, scene) for _ in range(scene.count)]


@contextmanager
def _installed(scene: Scene) -> Iterator[tuple[StampingRelay, Installation]]:
    with ExitStack() as closing_:
        folder = Path(closing_.enter_context(tempfile.TemporaryDirectory()))
        relay = closing_.enter_context(closing(StampingRelay(scene.pause)))
        postgres = closing_.enter_context(closing(PostgresServer()))
        redis = closing_.enter_context(closing(RedisServer()))
        running = closing_.enter_context(
            Installation(
                folder,
                relay_url=f"smtp://{LOOPBACK}:{relay.port}",
                RELAY_CONNECTIONS=scene.connections,
                DATABASE_URL=postgres.database(),
                REDIS_URL=redis.database(),
            )
        )
        for _ in range(scene.workers - 1):
            running.start_worker()
        yield relay, running


def _post_backlog(running: Installation, scene: Scene, count: int) -> None:
    answer = running.post(
        {
            "defaults": {
                "from": "billing@acme.test",
                "subject": "Receipt",
                "text": "Thank you.",
                "priority": scene.backlog_lane,
            },
            "messages": [{"to": f"many-{secrets.token_hex(4)}@example.com"} for _ in range(count)],
        },
        "/v1/messages/batch",
    )
    answer.raise_for_status()


def _wait_of_one(
    session: requests.Session, running: Installation, relay: StampingRelay, scene: Scene
) -> float:
    time.sleep(scene.every)  # lone messages come apart: each meets the backlog afresh
    recipient = f"lone-{secrets.token_hex(4)}@example.com"
    document = {
        "from": "billing@acme.test",
        "to": recipient,
        "subject": "One",
        "text": "Hello.",
        "priority": scene.lone_lane,
    }
    since = time.monotonic()
    session.post(f"{running.url}/v1/messages", json=document, timeout=30).raise_for_status()
    return (_taken(relay, recipient).at - since) * 1000


def _taken(relay: StampingRelay, recipient: str) -> Taken:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            taken = relay.taken.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            raise click.ClickException(f"{recipient} has not come") from None
        if taken.recipient == recipient:
            return taken


if __name__ == "__main__":
    main()
