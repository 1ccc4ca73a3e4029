"""The whole HTTP side over fakes, as a test or a measurement wants it."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pillarbox.domain.ids import BatchId, MessageId, encode_suffix
from pillarbox.domain.key import Scope
from pillarbox.domain.message import Content
from pillarbox.domain.relay import parse_relay_url
from pillarbox.domain.routing import Routing
from pillarbox.flows.accept import Acceptor
from pillarbox.flows.accept_batch import BatchAcceptor
from pillarbox.flows.compose import AcceptanceRules, Composer
from pillarbox.flows.erase import Eraser
from pillarbox.flows.key_memory import KeyMemory
from pillarbox.flows.keys import Keyring
from pillarbox.flows.ports.tracing import Tracer
from pillarbox.flows.read import Reading
from pillarbox.flows.relays import RelayDesk
from pillarbox.flows.revise import Reviser
from pillarbox.mime.mailbox import parse_sender_pattern
from pillarbox.observe.tracing import Untraced
from service.room import Room
from service.services import Dependency, Limits, Services
from tests.fakes.acceptance import FakeAcceptanceObserver, FakeAcceptanceStore, FakeWaker
from tests.fakes.erasure import FakeErasureStore
from tests.fakes.keys import FakeKeyStore
from tests.fakes.metrics import FakeMetrics
from tests.fakes.reading import FakeMessageReader
from tests.fakes.relays import FakeRelayOrders, FakeRelayReports
from tests.fakes.revision import FakeRevisionObserver, FakeRevisionStore

NOW = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
PUBLIC_URL = "https://mail.example.com/pillarbox"
MAX_MESSAGE_BYTES = 25_000_000
MAX_BATCH_LENGTH = 1_000_000
RELAYS = {name: parse_relay_url("smtp://127.0.0.1", name=name) for name in ("default", "ses-eu")}


EVERYDAY = (Scope.SEND, Scope.READ, Scope.CONTENT)
"""What a key of an application has."""


@dataclass
class World:
    """The fakes behind one `Services`, for a test to look into and to break."""

    acceptance: FakeAcceptanceStore = field(default_factory=FakeAcceptanceStore)
    waker: FakeWaker = field(default_factory=FakeWaker)
    observer: FakeAcceptanceObserver = field(default_factory=FakeAcceptanceObserver)
    keys: FakeKeyStore = field(default_factory=FakeKeyStore)
    reader: FakeMessageReader = field(default_factory=FakeMessageReader)
    revision: FakeRevisionStore = field(default_factory=FakeRevisionStore)
    revision_observer: FakeRevisionObserver = field(default_factory=FakeRevisionObserver)
    erasure: FakeErasureStore = field(default_factory=FakeErasureStore)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    tracer: Tracer = field(default_factory=Untraced)
    orders: FakeRelayOrders = field(default_factory=FakeRelayOrders)
    reports: FakeRelayReports = field(default_factory=FakeRelayReports)
    dependencies: dict[str, Dependency] = field(default_factory=dict)
    limits: Limits = field(default_factory=lambda: Limits(relays=frozenset(RELAYS)))
    room: Room = field(default_factory=lambda: Room(100_000_000, most_waiting=0))
    measure: Callable[[Content], int] = lambda _content: 1000
    monotonic: Callable[[], float] = field(default_factory=lambda: itertools.count().__next__)
    now: datetime = NOW

    def services(self) -> Services:
        """Wire them."""
        numbers, batches = itertools.count(1), itertools.count(1)

        def new_id() -> tuple[MessageId, datetime]:
            return message_id(next(numbers)), self.now

        def measure(content: Content) -> int:
            return self.measure(content)

        composer = Composer(
            routing=Routing(RELAYS, (), lambda: 0.0),
            new_id=new_id,
            measure=measure,
            make_message_id=lambda message, domain: f"<{message}@{domain}>",
            rules=AcceptanceRules(timedelta(hours=48), MAX_MESSAGE_BYTES),
        )
        return Services(
            acceptor=Acceptor(
                store=self.acceptance,
                waker=self.waker,
                observer=self.observer,
                composer=composer,
            ),
            batch_acceptor=BatchAcceptor(
                store=self.acceptance,
                waker=self.waker,
                observer=self.observer,
                composer=composer,
                new_id=lambda: batch_id(next(batches)),
                max_length=MAX_BATCH_LENGTH,
            ),
            keyring=self.keyring(),
            reading=Reading(self.reader, lambda content: content.subject.encode()),
            reviser=Reviser(
                store=self.revision,
                reader=self.reader,
                waker=self.waker,
                observer=self.revision_observer,
                routing=Routing(RELAYS, (), lambda: 0.0),
                lifetime=timedelta(hours=48),
            ),
            relays=RelayDesk(RELAYS, self.orders, self.reports),
            eraser=Eraser(self.erasure, self.revision, None),
            observe_request=self.metrics,
            render_metrics=self.metrics.render,
            tracer=self.tracer,
            public_url=PUBLIC_URL,
            clock=lambda: self.now,
            dependencies=self.dependencies,
            limits=self.limits,
            room=self.room,
        )

    def keyring(self) -> Keyring:
        """Wire the keys alone."""
        return Keyring(self.keys, lambda: NOW, KeyMemory(self.monotonic))

    def new_key(self, suffix: str, *scopes: Scope, senders: tuple[str, ...] = ("*",)) -> str:
        """Make a key and return its whole text."""
        patterns = [parse_sender_pattern(sender) for sender in senders]
        key = self.keyring().create(suffix, name=suffix, scopes=frozenset(scopes), senders=patterns)
        return key.text


def batch_id(number: int) -> BatchId:
    """Make the id of the nth batch."""
    return BatchId(f"bat_{encode_suffix(number.to_bytes(16, 'big'))}")


def message_id(number: int) -> MessageId:
    """Make the id of the nth message; later ones sort later."""
    return MessageId(f"msg_{encode_suffix(number.to_bytes(16, 'big'))}")
