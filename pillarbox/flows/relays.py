"""What an operator may ask of relays, and order them: how they are, pause, resume."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pillarbox.domain.errors import NotFoundError, ScopeMissingError
from pillarbox.domain.key import ApiKey, Scope
from pillarbox.domain.relay import Relay
from pillarbox.domain.relay_state import Breaker, RelayState
from pillarbox.flows.ports.relays import RelayOrder, RelayOrders, RelayReports


@dataclass(frozen=True, slots=True)
class RelayView:
    """A relay as an operator sees it.

    `state` is that of all workers together: the worst breaker, the sums of
    connections, the newest error. It is None while nobody can say; `workers`
    counts those that said it.
    """

    relay: Relay
    order: RelayOrder | None
    workers: int
    state: RelayState | None


class RelaysError(Exception):
    """Mail waits, and is accepted as before."""


class NoWorkerError(RelaysError):
    """No worker says how its relays are: none lives, or the broker is away."""


class RelayRestsError(RelaysError):
    """A relay is left alone for a while, because it failed."""


class RelayParkedError(RelaysError):
    """A relay refuses our credentials."""


class RelayDesk:
    """The use cases around relays."""

    def __init__(
        self, relays: Mapping[str, Relay], orders: RelayOrders, reports: RelayReports
    ) -> None:
        self._relays = relays
        self._orders = orders
        self._reports = reports

    def ping(self) -> None:
        """Return if workers say that every relay is tried; `RelaysError` says why not, by kind."""
        said = self._said()
        if not said:
            raise NoWorkerError
        worst = max(state.breaker for states in said.values() for state in states)
        if worst is Breaker.PARKED:
            raise RelayParkedError
        if worst is Breaker.OPEN:
            raise RelayRestsError

    def all(self, key: ApiKey) -> list[RelayView]:
        """Show every relay, in the order of the configuration."""
        _need_manage(key)
        orders, said = self._orders.orders(), self._said()
        return [self._view(name, orders, said) for name in self._relays]

    def pause(self, name: str, key: ApiKey) -> RelayView:
        """Let nothing more go by a relay, until it is resumed; raises `NotFoundError`."""
        return self._order(name, key, paused=True)

    def resume(self, name: str, key: ApiKey) -> RelayView:
        """Let mail go by a relay again, and a parked one be tried; raises `NotFoundError`."""
        return self._order(name, key, paused=False)

    def _order(self, name: str, key: ApiKey, *, paused: bool) -> RelayView:
        _need_manage(key)
        if name not in self._relays:
            raise NotFoundError("relay", name)
        self._orders.order(name, paused=paused)
        return self._view(name, self._orders.orders(), self._said())

    def _said(self) -> dict[str, list[RelayState]]:
        said: dict[str, list[RelayState]] = {}
        for report in self._reports.reports() or ():
            for name, state in report.relays.items():
                said.setdefault(name, []).append(state)
        return said

    def _view(
        self,
        name: str,
        orders: Mapping[str, RelayOrder],
        said: Mapping[str, list[RelayState]],
    ) -> RelayView:
        states = said.get(name, [])
        together = states[0] if states else None
        for state in states[1:]:
            together = _added(together or state, state)
        return RelayView(self._relays[name], orders.get(name), len(states), together)


def _added(one: RelayState, other: RelayState) -> RelayState:
    errors = [each.last_error for each in (one, other) if each.last_error is not None]
    return replace(
        one,
        breaker=Breaker(max(one.breaker, other.breaker)),
        in_use=one.in_use + other.in_use,
        idle=one.idle + other.idle,
        concurrency=one.concurrency + other.concurrency,
        last_error=max(errors, key=lambda error: error.at, default=None),
    )


def _need_manage(key: ApiKey) -> None:
    if not key.may(Scope.MANAGE):
        raise ScopeMissingError(Scope.MANAGE)
