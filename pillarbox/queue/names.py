"""Names on the broker: who publishes a task knows nothing of who runs it but these.

1. A name never changes its meaning: what is waiting on the broker during an
   upgrade was published by the version before.
2. Every queue in `QUEUES` has a consumer; a test holds the worker to it.
"""

from enum import StrEnum

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route


class TaskName(StrEnum):
    """The tasks."""

    DELIVER = "pillarbox.deliver"
    """Something may be due on a route: look, and carry it."""
    SWEEP = "pillarbox.sweep"
    """Find what no wake-up found."""
    PULSE = "pillarbox.pulse"
    """Show a worker that it hears what is published to it."""


DELIVER_QUEUES = {lane: f"pillarbox.deliver.{lane}" for lane in Lane}
"""A queue for each lane, so that a wake-up never waits behind those of a lower one."""

SWEEP_QUEUE = "pillarbox.sweep"

SCHEDULING = "pillarbox.scheduling"
"""The key that says: a scheduler has ticked; it is forgotten if none does."""

SCHEDULED = "pillarbox.scheduled"
"""A sorted set: the databases whose schedulers tick here, by when each is forgotten."""

QUEUES = (*DELIVER_QUEUES.values(), SWEEP_QUEUE)
"""Every queue there is."""


def wake_flag(route: Route) -> str:
    """Name the key that says: a wake-up for this route is on its way."""
    return f"pillarbox.wake:{route.relay}:{route.lane}"


def pulse_queue(worker: str) -> str:
    """Name the queue that one worker process alone consumes."""
    return f"pillarbox.pulse:{worker}"
