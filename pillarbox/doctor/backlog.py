"""What should have gone by now: mail that is due, and claims of workers that are no more."""

from collections.abc import Iterator
from typing import Final

from pillarbox.doctor import database
from pillarbox.doctor.finding import Finding, warning, well
from pillarbox.doctor.subject import Subject
from pillarbox.store.overdue import Overdue, overdue
from pillarbox.store.relay_orders import SqlRelayOrders

LATE_SECONDS: Final = 60.0
"""A sweep comes each second, and a claim takes what is due."""
DEAD_SECONDS: Final = 30.0
"""Beyond its lease: the next sweep takes a dead claim over."""


def look(subject: Subject) -> Iterator[Finding]:
    """See how long mail has been due, and whether the dead are swept up."""
    with database.opened(subject) as store:
        orders = SqlRelayOrders(store).orders()
        found = overdue(store)
    paused = sorted(name for name, order in orders.items() if order.paused)
    yield from judged(found)
    for name in paused:
        advice = f"Resume it when its work is done: POST /v1/relays/{name}/resume"
        yield warning("it is paused, and its mail waits", advice, about=name)


def judged(found: Overdue) -> Iterator[Finding]:
    """Judge what waits."""
    if not found.due:
        yield well("nothing is due that nobody carries")
    else:
        seen = f"{found.due} due, the oldest for {found.oldest_seconds:.0f} s"
        if found.oldest_seconds > LATE_SECONDS:
            advice = "See relays and workers here; if both are well, add workers or connections"
            yield warning(seen, advice)
        else:
            yield well(seen)
    if found.dead_claims and found.dead_seconds > DEAD_SECONDS:
        seen = f"{found.dead_claims} claims are dead, the oldest for {found.dead_seconds:.0f} s"
        yield warning(seen, "Start scheduler and workers: a sweep takes them over")
