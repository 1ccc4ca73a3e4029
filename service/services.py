"""What the HTTP side needs from the rest of Pillarbox; wired in one place, outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pillarbox.flows.accept import Acceptor
from pillarbox.flows.accept_batch import BatchAcceptor
from pillarbox.flows.erase import Eraser
from pillarbox.flows.keys import Keyring
from pillarbox.flows.ports.surroundings import Clock, Ping
from pillarbox.flows.ports.tracing import Tracer
from pillarbox.flows.read import Reading
from pillarbox.flows.relays import RelayDesk
from pillarbox.flows.revise import Reviser
from service.room import Room


@dataclass(frozen=True, slots=True)
class Limits:
    """What an installation takes; sizes in octets, after inflation. `relays` are those it has."""

    max_recipients: int = 50
    max_request_bytes: int = 50_000_000
    relays: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something outside that the API stands on; without a `fatal` one it is not ready."""

    ping: Ping
    fatal: bool = True


class RequestObserver(Protocol):
    """Counts what the service answers."""

    def __call__(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer; `route` is the rule with its variables unfilled, or `unknown`."""


class MetricsRenderer(Protocol):
    """Reads all counts, of all processes."""

    def __call__(self) -> tuple[bytes, str]:
        """Return them in Prometheus' text, and the content type that says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that the resources call. `public_url` has no final slash."""

    acceptor: Acceptor
    batch_acceptor: BatchAcceptor
    keyring: Keyring
    reading: Reading
    reviser: Reviser
    relays: RelayDesk
    eraser: Eraser
    observe_request: RequestObserver
    render_metrics: MetricsRenderer
    tracer: Tracer
    public_url: str
    clock: Clock
    dependencies: Mapping[str, Dependency] = field(default_factory=dict)
    limits: Limits = Limits()
    room: Room = field(default_factory=lambda: Room(100_000_000, most_waiting=4))
