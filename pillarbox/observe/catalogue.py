"""Making metrics so that each says what it is: for Prometheus, for the documentation, for tests.

1. With `PROMETHEUS_MULTIPROC_DIR` set before this package is first imported,
   the processes of one folder share their numbers; without it, a process shows
   its own.
2. A process shows what its role counts, and no zeros of what others count.
3. Where all values of the labels are known, each series is there from the
   beginning, at zero: of one that appears with its first event, nobody sees that.
"""

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from pillarbox.observe.shared_folder import FOLDER_VARIABLE, being_read

Values = tuple[str, ...] | str
"""What a label takes: all its values, or in words where an operator or a relay has them."""


class Role(StrEnum):
    """A kind of process."""

    API = "api"
    WORKER = "worker"
    SCHEDULER = "scheduler"


class Kind(StrEnum):
    """A kind of metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Described:
    """One metric as operators see it; `name` without the endings of its series."""

    name: str
    kind: Kind
    sentence: str
    roles: tuple[Role, ...]
    labels: Mapping[str, Values]

    @property
    def shown_name(self) -> str:
        """The name that a person knows it by."""
        return f"{self.name}_total" if self.kind is Kind.COUNTER else self.name

    @property
    def series(self) -> dict[str, frozenset[str]]:
        """The names under which Prometheus keeps it, each with its labels."""
        labels = frozenset(self.labels)
        if self.kind is Kind.HISTOGRAM:
            return {
                f"{self.name}_bucket": labels | {"le"},
                f"{self.name}_count": labels,
                f"{self.name}_sum": labels,
            }
        return {self.shown_name: labels}


class Catalogue:
    """The metrics of a process with a role: made here, described here, shown here."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self._registry = CollectorRegistry()
        self._collectors: list[Collector] = []
        self.described: list[Described] = []

    def counter(
        self, name: str, sentence: str, roles: tuple[Role, ...], **labels: Values
    ) -> Counter:
        """Make a counter; `_total` is added to its name."""
        self._describe(Described(name, Kind.COUNTER, sentence, roles, labels))
        made = Counter(name, sentence, list(labels), registry=self._registry)
        _begin_at_zero(made, labels)
        return made

    def gauge(
        self, name: str, sentence: str, roles: tuple[Role, ...], *, mode: str, **labels: Values
    ) -> Gauge:
        """Make a gauge; `mode` says how those of several processes are one (prometheus-client)."""
        self._describe(Described(name, Kind.GAUGE, sentence, roles, labels))
        return Gauge(
            name,
            sentence,
            list(labels),
            registry=self._registry,
            multiprocess_mode=mode,  # type: ignore[arg-type]  # a Literal of the library's own
        )

    def histogram(
        self,
        name: str,
        sentence: str,
        roles: tuple[Role, ...],
        *,
        buckets: Iterable[float],
        **labels: Values,
    ) -> Histogram:
        """Make a histogram."""
        self._describe(Described(name, Kind.HISTOGRAM, sentence, roles, labels))
        return Histogram(
            name, sentence, list(labels), buckets=tuple(buckets), registry=self._registry
        )

    def looked_at(
        self, name: str, sentence: str, roles: tuple[Role, ...], **labels: Values
    ) -> Described:
        """Describe a gauge that a collector of its own shows."""
        return self._describe(Described(name, Kind.GAUGE, sentence, roles, labels))

    def add(self, collector: Collector) -> None:
        """Show what a collector of its own finds."""
        self._collectors.append(collector)

    def render(self) -> tuple[bytes, str]:
        """Return the exposition, of all processes of this folder, and its content type."""
        folder = os.environ.get(FOLDER_VARIABLE)
        shown = CollectorRegistry()
        shown.register(_Shown(self._families(), self._names()))
        with being_read(Path(folder)) if folder else nullcontext():
            return generate_latest(shown), CONTENT_TYPE_LATEST

    def _families(self) -> Iterator[Metric]:
        if os.environ.get(FOLDER_VARIABLE):
            everybody = CollectorRegistry()
            MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]  # has no annotations
            yield from everybody.collect()
        else:
            yield from self._registry.collect()
        for collector in self._collectors:
            yield from collector.collect()

    def _names(self) -> frozenset[str]:
        return frozenset(each.name for each in self.described if self._role in each.roles)

    def _describe(self, described: Described) -> Described:
        self.described.append(described)
        return described


class _Shown(Collector):
    """Families as they are found when they are asked for, without those of other roles."""

    def __init__(self, families: Iterator[Metric], names: frozenset[str]) -> None:
        self._families = families
        self._names = names

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: nothing else is in the registry."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Leave out besides when each series was made: it doubles them, and nobody asks."""
        for family in self._families:
            if family.name in self._names:
                kept = Metric(family.name, family.documentation, family.type)
                kept.samples = [
                    each for each in family.samples if not each.name.endswith("_created")
                ]
                yield kept


def _begin_at_zero(made: Counter, labels: Mapping[str, Values]) -> None:
    closed = [values for values in labels.values() if not isinstance(values, str)]
    if labels and len(closed) == len(labels):
        for values in itertools.product(*closed):
            made.labels(*values)
