"""Whether workers and a scheduler run: by what they say in the broker, again and again."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from typing import Final, cast

from pillarbox.doctor import broker, database
from pillarbox.doctor.check import CheckEndedError
from pillarbox.doctor.finding import Finding, fault, warning, well
from pillarbox.doctor.subject import Subject
from pillarbox.domain.lane import Lane
from pillarbox.domain.relay_state import Breaker
from pillarbox.flows.ports.relays import WorkerReport
from pillarbox.queue.names import DELIVER_QUEUES, SCHEDULED, SCHEDULING, SWEEP_QUEUE
from pillarbox.queue.reports import RedisReports
from pillarbox.settings import SettingError

MANY_WAITING: Final = 20
"""Wake-ups in one queue: a few wait behind long tasks, many behind nobody."""

_START: Final = "Start one: `pillarbox worker`; or look into its log"


def look_at_workers(subject: Subject) -> Iterator[Finding]:
    """See which workers say how their relays are, and what waits in each lane's queue."""
    with broker.opened(subject) as client:
        with closing(RedisReports(subject.settings.broker_url)) as asked:
            reports, taken = asked.reports() or (), asked.lanes()
        queues = (*DELIVER_QUEUES.values(), SWEEP_QUEUE)
        waiting = {queue: int(client.llen(queue)) for queue in queues}
    try:
        relays = subject.settings.relays(None).relays
    except SettingError:
        relays = {}
    yield from judged(reports, relays)
    if reports:
        yield from taken_by(taken)
    yield from _lanes(waiting)


def look_at_scheduler(subject: Subject) -> Iterator[Finding]:
    """See whether a scheduler ticks, and for our database alone."""
    with broker.opened(subject) as client:
        ticks = bool(client.exists(SCHEDULING))
        scheduled = cast("list[bytes]", client.zrange(SCHEDULED, 0, -1))
    if ticks:
        yield well("it ticks")
    else:
        advice = "Start one: `pillarbox scheduler`; without it retries, send_at and crashes wait"
        yield fault("none has ticked lately", advice)
    with suppress(CheckEndedError):  # the database's own check says what is wrong with its URL
        own = database.shown(subject.settings.sqlalchemy_url)
        yield from alone({each.decode() for each in scheduled}, own)


def alone(scheduled: Collection[str], own: str) -> Iterator[Finding]:
    """Judge for which databases schedulers tick: two installations take each other's wake-ups."""
    if strangers := ", ".join(sorted({*scheduled} - {own})):
        yield warning(
            f"one ticks here for another database: {strangers}; this one is {own}",
            "Give each installation a Redis database of its own, by the number that ends"
            f" {broker.VARIABLE}; the same database by another name is no harm",
        )


def judged(reports: Sequence[WorkerReport], relays: Collection[str]) -> Iterator[Finding]:
    """Judge what workers say; `relays` are those of our own settings."""
    if not reports:
        yield fault("none has said anything for 5 s", _START)
        return
    names = ", ".join(sorted(report.worker for report in reports))
    yield well(f"{len(reports)} at work: {names}")
    for relay in relays:
        if strangers := sorted(each.worker for each in reports if relay not in each.relays):
            advice = "Give them the same settings, and restart them"
            yield warning(f"{', '.join(strangers)} do not know it", advice, about=relay)
    for report in sorted(reports, key=lambda each: each.worker):
        for name, state in report.relays.items():
            if state.breaker in {Breaker.OPEN, Breaker.PARKED}:
                why = state.last_error.detail if state.last_error else "it failed"
                advice = f"When it is mended: POST /v1/relays/{name}/resume"
                seen = f"{state.breaker.word} at {report.worker}: {why}"
                yield warning(seen, advice, about=name)


def taken_by(lanes: Collection[Lane]) -> Iterator[Finding]:
    """Judge which lanes workers say that they take; those of an older release say nothing."""
    if not lanes:
        return
    for lane in Lane:
        if lane not in lanes:
            advice = "Name it in some worker's PILLARBOX_WORKER_LANES: its mail waits for ever"
            yield fault("no worker takes this lane", advice, about=lane.value)
    if set(Lane) <= set(lanes):
        yield well("every lane is taken")


def _lanes(waiting: Mapping[str, int]) -> Iterator[Finding]:
    """Judge what waits in the queues: with workers there, little does."""
    full = {queue: count for queue, count in waiting.items() if count >= MANY_WAITING}
    for queue, count in full.items():
        advice = "See that a worker consumes it, and is not busy with relays that hang"
        yield warning(f"{count} wake-ups wait", advice, about=queue)
    if not full:
        yield well("no lane's wake-ups pile up")
