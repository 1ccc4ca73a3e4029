"""A worker's access to each relay, wired."""

import threading
import time
from collections.abc import Callable, Mapping

from pillarbox.domain.relay import Relay
from pillarbox.observe.observer import LoggingObserver
from workers.access import Access, Rate, Unlimited
from workers.budget import Alone, Budgets, SharedConnections
from workers.pace import Pace
from workers.pools import make_pool
from workers.rate import SharedRate
from workers.rest import Rest
from workers.smtp.ending import Ending


def make_accesses(
    relays: Mapping[str, Relay],
    ehlo_name: str | None,
    *,
    budgets: Budgets,
    workers: Callable[[], int],
    observer: LoggingObserver,
    stopping: threading.Event,
    ending: Ending,
) -> dict[str, Access]:
    """Wire the access to each relay; nothing is connected yet. Raises `SettingError`.

    `workers` tells among how many processes to share while the budgets cannot
    be asked.
    """
    accesses = {}
    for name, relay in relays.items():
        alone = Alone(name, workers, observer)
        connections = SharedConnections(relay, budgets, alone)
        rate: Rate = Unlimited()
        if relay.rate is not None:
            rate = SharedRate(
                name, relay.rate, budgets, alone, wait=stopping.wait, monotonic=time.monotonic
            )
        accesses[name] = Access(
            pool=make_pool(relay, ehlo_name, connections.opening, ending),
            rest=Rest(name, time.monotonic, observer),
            pace=Pace(relay.max_connections, time.monotonic),
            rate=rate,
            connections=connections,
        )
        observer.relay_configured(name, relay.max_connections)
    return accesses
