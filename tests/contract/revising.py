"""Callers who change their messages, over a real store."""

from datetime import timedelta

from pillarbox.domain.address import SenderPattern
from pillarbox.domain.errors import NothingToCancelError
from pillarbox.domain.ids import KeyId
from pillarbox.domain.key import ApiKey, Scope
from pillarbox.domain.relay import parse_relay_url
from pillarbox.domain.routing import Routing
from pillarbox.flows.ports.reading import MessageView
from pillarbox.flows.revise import Reviser
from tests.contract.mail import KEY, LIFETIME
from tests.contract.stores import Stores
from tests.fakes.deliveries import NOW, FakeWaker
from tests.fakes.revision import FakeRevisionObserver

RELAYS = {name: parse_relay_url("smtp://127.0.0.1", name=name) for name in ("default", "other")}


def caller(key: KeyId = KEY, scope: Scope = Scope.SEND) -> ApiKey:
    """Make a key, as the one whose messages these are."""
    return ApiKey(key, "a key", frozenset({scope}), (SenderPattern("acme.test"),), b"", NOW)


def make_reviser(
    stores: Stores, waker: FakeWaker | None = None, lifetime: timedelta = LIFETIME
) -> Reviser:
    """Wire the use cases over a store."""
    return Reviser(
        store=stores.revision,
        reader=stores.reader,
        waker=waker or FakeWaker(),
        observer=FakeRevisionObserver(),
        routing=Routing(RELAYS, (), lambda: 0.0),
        lifetime=lifetime,
    )


def statuses(view: MessageView) -> list[str]:
    """Say how each recipient stands."""
    return [each.state.status.value for each in view.recipients]


def cancelled(stores: Stores, message: str) -> bool:
    """Cancel a message; whether there was anything to cancel."""
    try:
        make_reviser(stores).cancel(message, caller())
    except NothingToCancelError:
        return False
    return True
