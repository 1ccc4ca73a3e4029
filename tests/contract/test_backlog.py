"""What waits for a worker, by lane: what autoscalers and alerts go by."""

from datetime import timedelta

import pytest

from pillarbox.domain.backlog import LaneBacklog
from pillarbox.domain.ids import KeyId
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.store import backlog
from tests.contract.mail import KEY, OTHER_KEY, message
from tests.contract.stores import Stores

HIGH = Route("default", Lane.HIGH)
ELSEWHERE = Route("other", Lane.NORMAL)


def _due_before(stores: Stores, seconds: int, key: KeyId) -> None:
    """Let a key's deliveries have been due for so long."""
    shift = (
        "due_at - :seconds * 1000000"
        if stores.database.is_sqlite
        else "due_at - :seconds * interval '1 second'"
    )
    stores.change(
        f"UPDATE deliveries SET due_at = {shift} WHERE key_id = :key",  # noqa: S608 - the test's own
        seconds=seconds,
        key=key,
    )


def test_without_mail_every_lane_is_there_and_empty(stores: Stores) -> None:
    """A gauge of zero is a number to compare with; one that is missing is none."""
    assert dict.fromkeys(Lane, LaneBacklog(None, 0)) == stores.backlog.look()


def test_the_oldest_counts_whichever_key_and_relay_it_is_of(stores: Stores) -> None:
    """A key with much new mail does not hide another's old message."""
    stores.accept(*(message(f"u{number}@example.com") for number in range(5)))
    stores.accept(message("old@example.com", key=OTHER_KEY, route=ELSEWHERE))
    _due_before(stores, 600, OTHER_KEY)
    stores.accept(message("fast@example.com", route=HIGH))

    found = stores.backlog.look()

    assert 6 == found[Lane.NORMAL].due
    assert 1 == found[Lane.HIGH].due
    assert found[Lane.LOW] == LaneBacklog(None, 0)
    oldest, newest = found[Lane.NORMAL].oldest, found[Lane.HIGH].oldest
    assert oldest is not None
    assert newest is not None
    assert timedelta(seconds=600) <= oldest
    assert newest < timedelta(seconds=600)


def test_what_is_held_or_not_due_yet_does_not_wait(stores: Stores) -> None:
    """A retry of tomorrow and what a worker carries now need no further worker."""
    stores.accept(message("one@example.com"))
    stores.claim()
    stores.accept(message("later@example.com", send_in=timedelta(hours=1)))

    assert LaneBacklog(None, 0) == stores.backlog.look()[Lane.NORMAL]


def test_what_is_due_is_found_behind_what_is_not(stores: Stores) -> None:
    """Of each key the first is looked at, not only of those with something due."""
    stores.accept(message("later@example.com", key=KEY, send_in=timedelta(hours=1)))
    stores.accept(message("now@example.com", key=OTHER_KEY))

    assert 1 == stores.backlog.look()[Lane.NORMAL].due


def test_it_is_counted_up_to_a_bound(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two million messages cost what the bound costs, over all keys of a lane together."""
    monkeypatch.setattr(backlog, "MAX_COUNTED", 4)
    for key in (KEY, OTHER_KEY):
        stores.accept(*(message(f"u{number}@example.com", key=key) for number in range(3)))

    assert 4 == stores.backlog.look()[Lane.NORMAL].due
