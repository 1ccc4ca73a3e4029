"""The worker's part of the composition root: one process, wired."""

import os
import secrets
import socket
import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from pillarbox import bootstrap
from pillarbox.flows.batch import BatchRules, Means
from pillarbox.flows.claim_size import ClaimSizes
from pillarbox.flows.deliver import Deliverer, Dispatcher
from pillarbox.flows.group_size import GroupSizes
from pillarbox.flows.lease import LeaseKeeper
from pillarbox.flows.ports.tracing import Tracer
from pillarbox.flows.purge import Purger
from pillarbox.flows.sweep import Sweeper
from pillarbox.observe.backlog import BacklogWatch
from pillarbox.observe.metrics import Metrics
from pillarbox.observe.observer import LoggingObserver
from pillarbox.queue.broker import Broker
from pillarbox.queue.budget import RedisBudgets
from pillarbox.queue.names import pulse_queue
from pillarbox.queue.publish import CeleryWaker
from pillarbox.queue.reports import RedisReports
from pillarbox.setting_field import SettingError, variable
from pillarbox.settings import Settings
from workers.admission import Admission
from workers.gathering import Gathering
from workers.health import Health
from workers.orders import Orders
from workers.own_wakes import OwnWakes
from workers.pulse import Pulse
from workers.relays import make_accesses
from workers.reporter import Reporter
from workers.runtime import Runtime
from workers.smtp.ending import Ending
from workers.transport import SmtpTransport

NO_RELAY = "needed by a worker, which would carry nothing; or name a PILLARBOX_RELAYS_FILE"

GROUP_OCTETS = 16 << 20
"""Of one group in memory, twice over (its fields and its bytes), for each connection."""

ENDING_SECONDS = 5.0
"""For a relay's next word, once the process is to end: most orchestrators kill after thirty."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process's parts, in the order in which they end."""

    runtime: Runtime
    health: Health
    stopping: threading.Event
    ending: Ending
    admission: Admission
    keeper: LeaseKeeper
    pulse: Pulse
    own_wakes: OwnWakes
    own_queue: str
    transport: SmtpTransport
    waker: CeleryWaker
    broker: Broker
    reports: RedisReports
    budgets: RedisBudgets
    stores: bootstrap.Stores
    backlog: BacklogWatch
    tracer: Tracer

    def start(self) -> None:
        """Start the threads of its own."""
        self.keeper.start()
        self.pulse.start()
        self.transport.start()
        self.own_wakes.start(sweep=self.runtime.sweep, carry=self.runtime.carry)

    def stop(self) -> None:
        """Take nothing on any more: batches end with their group. Safe in a signal handler."""
        self.ending.at = min(self.ending.at, time.monotonic() + ENDING_SECONDS)
        self.stopping.set()
        self.admission.close()

    def close(self) -> None:
        """End everything, once no task runs."""
        self.stop()
        self.backlog.close()
        self.own_wakes.close()
        self.pulse.close()
        self.transport.close()
        self.keeper.stop()
        self.waker.close()
        self.broker.close()
        self.reports.close()
        self.budgets.close()
        self.stores.database.close()
        self.tracer.close()


def compose(settings: Settings) -> Worker:
    """Wire a worker; nothing is connected yet. Raises `SettingError`."""
    metrics = Metrics()
    observer = LoggingObserver(metrics)
    relays = bootstrap.relays(settings, secrets=True)
    if not relays:
        raise SettingError(variable("relay_url"), NO_RELAY)
    tracer = bootstrap.make_tracer("pillarbox-worker")
    stores = bootstrap.open_stores(settings, planned_once=True)
    reports = bootstrap.make_reports(settings)
    worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    reporter = Reporter(worker, reports.publish, settings.worker_lanes)
    broker = Broker(settings.broker_url)
    own_queue = pulse_queue(worker)
    pulse = Pulse(broker, own_queue, time.monotonic)
    own_wakes = OwnWakes(
        lambda: reporter.away or pulse.is_deaf(),
        settings.worker_threads,
        settings.worker_lanes,
        observer.worker_alone,
    )
    waker = bootstrap.make_waker(settings, observer, stand_in=own_wakes.wake, deaf=pulse.is_deaf)
    bookkeeper = bootstrap.make_bookkeeper(settings)
    lease = timedelta(seconds=settings.lease)
    stopping, ending = threading.Event(), Ending()
    keeper = LeaseKeeper(stores.claims, lease, time.monotonic)
    budgets = bootstrap.make_budgets(settings)
    accesses = make_accesses(
        relays,
        settings.ehlo_name,
        budgets=budgets,
        workers=lambda: reporter.workers,
        observer=observer,
        stopping=stopping,
        ending=ending,
    )
    transport = SmtpTransport(
        accesses, observer, orders=Orders(stores.orders.orders), report=reporter
    )
    places = {name: relay.max_connections for name, relay in relays.items()}
    admission = Admission(places, settings.worker_threads)
    gathering = Gathering(time.monotonic, stopping)
    means = Means(
        store=stores.claims,
        transport=transport,
        waker=waker,
        build=bootstrap.build,
        bookkeeper=bookkeeper,
        keeper=keeper,
        observer=observer,
        places=admission,
        gatherer=gathering,
        tracer=tracer,
        worker=worker,
        rules=BatchRules(
            lease=lease,
            group_messages=settings.group_messages,
            group_octets=GROUP_OCTETS,
        ),
        sizes=GroupSizes(settings.group_messages),
        claim_sizes=ClaimSizes(settings.claim_messages),
        monotonic=time.monotonic,
        stopping=stopping,
    )
    observer.pulse_felt()

    def feel() -> None:
        pulse.feel()
        observer.pulse_felt()

    runtime = Runtime(
        flags=waker,
        admission=admission,
        gather=gathering.wait,
        dispatch=Dispatcher(stores.claims, transport),
        deliver=Deliverer(means),
        sweep=Sweeper(
            store=stores.claims, waker=waker, bookkeeper=bookkeeper, worker=worker, lease=lease
        ),
        purge=Purger(
            stores.retention,
            bootstrap.retention(settings),
            observer,
            now=bootstrap.now,
            monotonic=time.monotonic,
        ),
        feel=feel,
        observer=observer,
        monotonic=time.monotonic,
    )
    health = Health(
        pings={
            "store": stores.database.ping,
            "migrations": bootstrap.migrations_ping(stores),
            "broker": waker.ping,
        },
        render=metrics.render,
        alive=pulse.is_felt,
        ending=stopping.is_set,
        relays=transport.states,
        alone=lambda: own_wakes.alone,
        resting=transport.resting,
    )
    return Worker(
        runtime=runtime,
        health=health,
        stopping=stopping,
        ending=ending,
        admission=admission,
        keeper=keeper,
        pulse=pulse,
        own_wakes=own_wakes,
        own_queue=own_queue,
        transport=transport,
        waker=waker,
        broker=broker,
        reports=reports,
        budgets=budgets,
        stores=stores,
        backlog=BacklogWatch(stores.backlog.look, metrics),
        tracer=tracer,
    )
