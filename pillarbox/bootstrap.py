"""The composition root: which adapter stands behind which port.

What both sides stand on is wired here; `service` and `workers` add their own.
Nothing is connected to before it is used.
"""

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from pillarbox.domain.classification import categorise
from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.message import Route
from pillarbox.domain.relay import DEFAULT_RELAY, Relay, parse_relay_url
from pillarbox.domain.retry import RetrySchedule
from pillarbox.domain.routing import Routing
from pillarbox.flows.accept import Acceptor
from pillarbox.flows.accept_batch import BatchAcceptor
from pillarbox.flows.compose import AcceptanceRules, Composer
from pillarbox.flows.erase import Eraser, ErasureObserver
from pillarbox.flows.group_commit import GroupCommit
from pillarbox.flows.key_memory import KeyMemory
from pillarbox.flows.keys import Keyring
from pillarbox.flows.ports.acceptance import AcceptanceObserver, Waker
from pillarbox.flows.ports.revision import RevisionObserver
from pillarbox.flows.purge import Retention
from pillarbox.flows.read import Reading
from pillarbox.flows.relays import RelayDesk
from pillarbox.flows.revise import Reviser
from pillarbox.flows.settle import Bookkeeper
from pillarbox.mime.builder import build
from pillarbox.mime.identifiers import make_message_id
from pillarbox.mime.mailbox import parse_address, parse_sender_pattern
from pillarbox.mime.size import measured_size
from pillarbox.observe.tracing import make_tracer
from pillarbox.queue.budget import RedisBudgets
from pillarbox.queue.publish import REST_SECONDS, CeleryWaker, WakeCounts
from pillarbox.queue.reports import RedisReports
from pillarbox.settings import Settings
from pillarbox.store import migration
from pillarbox.store.acceptance import SqlAcceptanceStore
from pillarbox.store.backlog import SqlBacklog
from pillarbox.store.claims import SqlClaimStore
from pillarbox.store.connections import place_of
from pillarbox.store.engine import Database
from pillarbox.store.erasure import SqlErasureStore
from pillarbox.store.ids import new_batch_id, new_message_id, new_suffix
from pillarbox.store.keys import SqlKeyStore
from pillarbox.store.reading import SqlMessageReader
from pillarbox.store.relay_orders import SqlRelayOrders
from pillarbox.store.retention import SqlRetentionStore
from pillarbox.store.revision import SqlRevisionStore

__all__ = ["build", "make_tracer", "new_key_suffix", "parse_address", "parse_sender"]

BATCH_TIMES_REQUEST = 10
"""A batch's texts, with the defaults in each message, to the request that brought them."""

parse_sender = parse_sender_pattern
new_key_suffix = new_suffix


def now() -> datetime:
    """Tell the time of day."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Stores:
    """The store's aggregates over one database."""

    database: Database
    acceptance: SqlAcceptanceStore
    claims: SqlClaimStore
    keys: SqlKeyStore
    reading: SqlMessageReader
    revision: SqlRevisionStore
    orders: SqlRelayOrders
    retention: SqlRetentionStore
    erasure: SqlErasureStore
    backlog: SqlBacklog


def open_stores(settings: Settings, *, planned_once: bool = False) -> Stores:
    """Wire the store; it connects when it is first used. `planned_once`: see `make_engine`."""
    # Every thread of the larger process may be in a transaction, and its own threads too.
    connections = max(settings.api_threads, settings.worker_threads) + 4
    database = Database(settings.sqlalchemy_url, connections=connections, planned_once=planned_once)
    return Stores(
        database,
        SqlAcceptanceStore(database),
        SqlClaimStore(database),
        SqlKeyStore(database),
        SqlMessageReader(database),
        SqlRevisionStore(database),
        SqlRelayOrders(database),
        SqlRetentionStore(database),
        SqlErasureStore(database),
        SqlBacklog(database),
    )


def database_place(settings: Settings) -> str:
    """Name the database, without user and password: what tells installations apart."""
    return place_of(settings.sqlalchemy_url)


def migrate(settings: Settings) -> str:
    """Bring the database to the newest migration, and return the name of that it is at."""
    return migration.migrate(settings.sqlalchemy_url)


def migrations_ping(stores: Stores) -> Callable[[], None]:
    """Return a check that raises while the database is behind the newest migration."""

    def ping() -> None:
        if not migration.migrations_current(stores.database):
            raise StoreUnavailableError("the database is not at the newest migration")

    return ping


def make_keyring(stores: Stores) -> Keyring:
    """Wire the use cases around keys."""
    return Keyring(stores.keys, now, KeyMemory(time.monotonic))


def make_waker(
    settings: Settings,
    counts: WakeCounts | None = None,
    *,
    one_by_one: bool = False,
    stand_in: Callable[[Route], None] | None = None,
    deaf: Callable[[], bool] = lambda: False,
) -> CeleryWaker:
    """Wire what publishes wake-ups; a flag lives no longer than a sweep.

    `one_by_one`: messages come so, and their wake-ups are gathered. `stand_in`
    gets what the broker does not take, and what it takes while we are `deaf`.
    """
    return CeleryWaker.at(
        settings.broker_url,
        flag_seconds=settings.sweep,
        rest_seconds=REST_SECONDS if one_by_one else 0.0,
        counts=counts,
        stand_in=stand_in,
        deaf=deaf,
    )


def make_acceptor(
    settings: Settings, stores: Stores, waker: Waker, observer: AcceptanceObserver
) -> Acceptor:
    """Wire acceptance, with group commit for the threads of this process."""
    return Acceptor(
        store=GroupCommit(stores.acceptance),
        waker=waker,
        observer=observer,
        composer=make_composer(settings),
    )


def make_batch_acceptor(
    settings: Settings, stores: Stores, waker: Waker, observer: AcceptanceObserver
) -> BatchAcceptor:
    """Wire acceptance of batches: each is a transaction by itself."""
    return BatchAcceptor(
        store=stores.acceptance,
        waker=waker,
        observer=observer,
        composer=make_composer(settings),
        new_id=new_batch_id,
        max_length=settings.max_request_bytes * BATCH_TIMES_REQUEST,
    )


def make_composer(settings: Settings) -> Composer:
    """Wire what makes messages of submissions."""
    return Composer(
        routing=make_routing(settings),
        new_id=new_message_id,
        measure=partial(measured_size, limit=settings.max_message_bytes),
        make_message_id=make_message_id,
        rules=AcceptanceRules(timedelta(seconds=settings.lifetime), settings.max_message_bytes),
    )


def make_reading(stores: Stores) -> Reading:
    """Wire what callers may ask of their messages."""
    return Reading(stores.reading, build)


def make_reviser(
    settings: Settings, stores: Stores, waker: Waker, observer: RevisionObserver
) -> Reviser:
    """Wire what callers may change of their messages."""
    return Reviser(
        store=stores.revision,
        reader=stores.reading,
        waker=waker,
        observer=observer,
        routing=make_routing(settings),
        lifetime=timedelta(seconds=settings.lifetime),
    )


def make_eraser(stores: Stores, observer: ErasureObserver | None = None) -> Eraser:
    """Wire what forgets a recipient."""
    return Eraser(stores.erasure, stores.revision, observer)


def make_relay_desk(settings: Settings, stores: Stores) -> RelayDesk:
    """Wire what operators ask of relays, and order them."""
    return RelayDesk(relays(settings), stores.orders, make_reports(settings))


def make_reports(settings: Settings) -> RedisReports:
    """Wire what workers say of their relays."""
    return RedisReports(settings.broker_url)


def make_budgets(settings: Settings) -> RedisBudgets:
    """Wire what all workers together may ask of relays."""
    return RedisBudgets(settings.broker_url)


def retention(settings: Settings) -> Retention:
    """Return how long what is kept."""

    def age(seconds: float) -> timedelta | None:
        return timedelta(seconds=seconds) if seconds else None

    return Retention(age(settings.content_retention), age(settings.message_retention))


def make_bookkeeper(settings: Settings) -> Bookkeeper:
    """Wire the rules by which outcomes become states."""
    schedule = RetrySchedule(
        base=timedelta(seconds=settings.retry_base), cap=timedelta(seconds=settings.retry_cap)
    )
    return Bookkeeper(schedule, categorise, random.random)


def relays(settings: Settings, *, secrets: bool = False) -> dict[str, Relay]:
    """Return the relays by name; empty if none is configured. Raises `SettingError`.

    Without `secrets` none is looked for: only who connects to a relay needs its password.
    """
    return settings.relays(os.environ if secrets else None).relays


def make_routing(settings: Settings) -> Routing:
    """Wire the choice of relays."""
    found = settings.relays(None)
    # Without any relay messages wait for one of the usual name: `pillarbox up` has it.
    known = found.relays or {DEFAULT_RELAY: parse_relay_url("smtp://localhost")}
    return Routing(known, found.rules, random.random)
