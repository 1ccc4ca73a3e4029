import threading
from collections.abc import Callable, Mapping

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.flows.ports.relays import RelayOrder


def _none() -> Mapping[str, RelayOrder]:
    return {}


class Orders:
    """The operator's orders, as this process last read them; the store holds to them by itself."""

    def __init__(self, read: Callable[[], Mapping[str, RelayOrder]] = _none) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._orders: Mapping[str, RelayOrder] | None = None

    def paused(self, relay: str) -> bool:
        """Whether the last word on a relay was to pause it."""
        order = (self._orders or {}).get(relay)
        return order is not None and order.paused

    def refresh(self) -> set[str]:
        """Read them again, and name the relays that have been resumed since the last time.

        A store that is away leaves them as they were.
        """
        try:
            orders = self._read()
        except StoreUnavailableError:
            return set()
        with self._lock:
            before, self._orders = self._orders, orders
        if before is None:
            return set()  # what was ordered before this process began, it has not to mend
        return {
            relay
            for relay, order in orders.items()
            if not order.paused and order != before.get(relay)
        }
