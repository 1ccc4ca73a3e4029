"""Clocks: leases and due times go by the database's, budgets by the broker's, the rest by ours."""

import time
from collections.abc import Callable, Iterator
from typing import Final

from sqlalchemy import select

from pillarbox.doctor import broker, database
from pillarbox.doctor.finding import Finding, fault, warning, well
from pillarbox.doctor.subject import Subject
from pillarbox.store.clock import database_now

TOLERANCE: Final = 2.0
"""Seconds: no more than what a `send_at` may be off without anybody's wondering."""
INTOLERABLE: Final = 60.0
"""Seconds: a sweep is published with a time at which it is worthless, a minute ahead."""
ROUNDS: Final = 3


def look_at_database(subject: Subject) -> Iterator[Finding]:
    """Compare this host's clock with the database's."""
    with database.opened(subject) as store, store.reading_once() as connection:

        def ask() -> float:
            return connection.execute(select(database_now())).scalar_one().timestamp()

        yield judged(*difference(ask), "the database's")


def look_at_broker(subject: Subject) -> Iterator[Finding]:
    """Compare this host's clock with the broker's."""
    with broker.opened(subject) as client:

        def ask() -> float:
            seconds, microseconds = client.time()
            return seconds + microseconds / 1e6

        yield judged(*difference(ask), "the broker's")


def difference(
    ask: Callable[[], float], now: Callable[[], float] = time.time
) -> tuple[float, float]:
    """Return the seconds that this clock is ahead of another's, and how far that may be wrong.

    The other is asked a few times; the quickest answer says most.
    """
    found = []
    for _ in range(ROUNDS):
        before = now()
        theirs = ask()
        after = now()
        found.append(((after - before) / 2, (before + after) / 2 - theirs))
    doubt, ahead = min(found)
    return ahead, doubt


def judged(ahead: float, doubt: float, whose: str) -> Finding:
    """Judge by how much two clocks differ, in favour of what may be measured wrongly."""
    apart = max(0.0, abs(ahead) - max(0.0, doubt))
    seen = f"this host's clock and {whose} are {abs(ahead):.3f} s apart"
    if apart <= TOLERANCE:
        return well(seen)
    seen = (
        f"this host's clock is {abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} {whose}"
    )
    advice = "Let NTP set both (timedatectl, chronyc tracking)"
    return fault(seen, advice) if apart > INTOLERABLE else warning(seen, advice)
