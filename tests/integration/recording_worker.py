"""A worker whose deliveries and sweeps are lines on standard output; run as a process.

`python -m tests.integration.recording_worker <redis url> [seconds a delivery takes]`.
A line is what happened, to what, and the system's monotonic time.
"""

import sys
import threading
import time

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.flows.ports.claims import Errand
from pillarbox.flows.sweep import SweepResult
from pillarbox.queue.app import Role, make_app
from pillarbox.queue.names import pulse_queue
from pillarbox.queue.publish import CeleryWaker
from workers.admission import Admission
from workers.consumer import make_worker, stop_on_signals
from workers.runtime import Runtime
from workers.tasks import register_tasks

ROUTE = Route("default", Lane.NORMAL)


def say(what: str, to: object = "") -> None:
    """Write a line, whole."""
    sys.stdout.write(f"{what} {to} {time.monotonic()}\n")
    sys.stdout.flush()


class Observer:
    """Says what it is told."""

    def swept(self, result: SweepResult, _seconds: float) -> None:
        say("swept", result.due_routes)

    def store_away(self) -> None:
        say("store_away")

    def wake_received(self) -> None:
        """Say nothing: what it leads to is said."""


OWN_QUEUE = pulse_queue("recording")


def main() -> None:
    """Run until SIGTERM."""
    url = sys.argv[1]
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    stopping = threading.Event()
    busy = threading.Event()
    waker = CeleryWaker.at(url, flag_seconds=1)

    def deliver(errand: Errand) -> bool:
        route = errand.route
        say("delivering", f"{route.relay}:{route.lane}")
        busy.wait(seconds)
        say("delivered", f"{route.relay}:{route.lane}")
        return False

    def sweep() -> SweepResult:
        waker.insist(ROUTE)
        return SweepResult(0, 0, 1)

    runtime = Runtime(
        flags=waker,
        admission=Admission({"default": 8}, 12),
        gather=lambda _route: None,
        dispatch=lambda route: [Errand.usual(route)],
        deliver=deliver,
        sweep=sweep,
        purge=lambda: None,
        feel=lambda: say("felt"),
        observer=Observer(),
        monotonic=time.monotonic,
    )
    app = make_app(url, role=Role.WORKER)
    register_tasks(app, runtime)
    stop_on_signals(stopping.set)
    consumer = make_worker(app, 12, OWN_QUEUE)
    say("started")
    consumer.start()
    waker.close()
    app.close()
    say("ended", stopping.is_set())


if __name__ == "__main__":
    main()
