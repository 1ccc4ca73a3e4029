"""The places that a test has taken in pools and budgets of its own process, and must give back."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from tests.leaks import LeakError
from workers.budget import SharedConnections
from workers.smtp.pool import Pool

T = TypeVar("T")

_pools: list[Pool] = []
_budgets: list[SharedConnections] = []


def watch_places() -> None:
    """Note every pool and every part of a budget that is made from now on; once for a run."""
    _note(Pool, _pools)
    _note(SharedConnections, _budgets)


@contextmanager
def places_given_back() -> Iterator[None]:
    """Raise `LeakError` if a place that was taken in the block is still taken when it ends."""
    _forget()
    try:
        yield
        _refuse("places of pools", [repr(pool) for pool in _pools if pool.stats.in_use])
        _refuse("places of budgets", [repr(each._held) for each in _budgets if each._held])
    finally:
        _forget()


def _forget() -> None:
    _pools.clear()
    _budgets.clear()


def _refuse(kind: str, left: list[str]) -> None:
    if left:
        raise LeakError(kind, left)


def _note(kind: type[T], noted: list[T]) -> None:
    construct: Any = kind.__init__

    @wraps(construct)
    def construct_and_note(self: T, *arguments: object, **named: object) -> None:
        construct(self, *arguments, **named)
        noted.append(self)

    setattr(kind, "__init__", construct_and_note)  # noqa: B010 -- mypy refuses the plain form
