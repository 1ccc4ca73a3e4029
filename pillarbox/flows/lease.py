"""Keeping the leases of one worker process alive while it works.

1. A hold is trusted by the monotonic clock only, counted from *before* the
   statement that got or renewed the lease was sent: it ends here no later than
   in the store.
2. One thread renews all holds with one statement.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.ids import ClaimId
from pillarbox.flows.ports.claims import ClaimStore

RENEWALS_PER_LEASE = 3
"""Two renewals may fail before the third comes too late."""


@dataclass(slots=True)
class Hold:
    """A claim as its holder sees it; `until` is a monotonic time."""

    claim: ClaimId
    until: float
    monotonic: Callable[[], float]

    @property
    def alive(self) -> bool:
        """Whether the lease can still be relied on."""
        return self.monotonic() < self.until


class LeaseKeeper:
    """Renews the leases of everything that is held in this process."""

    def __init__(self, store: ClaimStore, lease: timedelta, monotonic: Callable[[], float]) -> None:
        self._store = store
        self._lease = lease
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._holds: dict[ClaimId, Hold] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def hold(self, claim: ClaimId, *, since: float) -> Iterator[Hold]:
        """Keep a claim alive; `since` is the monotonic time before it was asked for."""
        hold = Hold(claim, since + self._lease.total_seconds(), self._monotonic)
        with self._lock:
            self._holds[claim] = hold
        try:
            yield hold
        finally:
            with self._lock:
                del self._holds[claim]

    def renew(self) -> None:
        """Renew every hold once; those whose lease has run out are alive no more."""
        with self._lock:
            claims = list(self._holds)
        if not claims:
            return
        since = self._monotonic()
        try:
            renewed = self._store.renew(claims, self._lease)
        except StoreUnavailableError:
            return  # the holds run on until their leases end; the next beat tries again
        with self._lock:
            for claim in claims:
                if hold := self._holds.get(claim):
                    hold.until = since + self._lease.total_seconds() if claim in renewed else since

    def start(self) -> None:
        """Start the thread that renews."""
        self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what is held runs out in its own time."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._lease.total_seconds() / RENEWALS_PER_LEASE):
            self.renew()
