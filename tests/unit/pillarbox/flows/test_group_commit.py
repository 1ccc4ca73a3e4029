"""Threads that accept at the same time share one transaction."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.ids import KeyId, MessageId
from pillarbox.flows.group_commit import GroupCommit
from pillarbox.flows.ports.acceptance import (
    Acceptance,
    AcceptanceResult,
    Committed,
    KeyReused,
    Replayed,
)
from tests.fakes.accepted import accepted_message
from tests.waiting import wait_until


class SlowStore:
    """Holds its first transaction until it is released, and refuses what is poison."""

    def __init__(self) -> None:
        self.groups: list[list[MessageId]] = []
        self.entered = threading.Event()
        self.released = threading.Event()
        self.away = False
        self.broken_off = False

    def accept(self, batch: Sequence[Acceptance]) -> list[AcceptanceResult]:
        self.entered.set()
        self.released.wait(10)
        if self.away:
            raise StoreUnavailableError
        if self.broken_off:
            self.broken_off = False
            raise SystemExit
        if any(each.message.id == "msg_poison" for each in batch):
            raise ValueError("poison")
        self.groups.append([each.message.id for each in batch])
        return [Committed() for _ in batch]

    def replay(self, key_id: KeyId, key: str, request_sha256: bytes) -> Replayed | KeyReused | None:
        return None


def _acceptance(name: str) -> Acceptance:
    return Acceptance(accepted_message(MessageId(f"msg_{name}")))


def _accept_together(store: SlowStore, names: list[str]) -> dict[str, BaseException | None]:
    """Accept the first name alone, and while it commits all the others at once."""
    group = GroupCommit(store)
    errors: dict[str, BaseException | None] = {}

    def accept(name: str) -> None:
        try:
            [result] = group.accept_each([_acceptance(name)])
            errors[name] = result if isinstance(result, Exception) else None
        except SystemExit as error:
            errors[name] = error

    with ThreadPoolExecutor(len(names)) as pool:
        pool.submit(accept, names[0])
        assert store.entered.wait(10)
        for name in names[1:]:
            pool.submit(accept, name)
        wait_until(lambda: len(group._waiting) == len(names) - 1, 10)
        store.released.set()
    return errors


def test_a_lone_caller_waits_for_nobody() -> None:
    """There is no delay in which others are waited for."""
    store = SlowStore()
    store.released.set()

    [result] = GroupCommit(store).accept_each([_acceptance("a")])

    assert Committed() == result
    assert [["msg_a"]] == store.groups


def test_those_who_come_while_one_commits_share_the_next_transaction() -> None:
    """One commit for many: the group is as large as the disk is slow."""
    store = SlowStore()

    errors = _accept_together(store, ["a", "b", "c", "d"])

    assert {None} == set(errors.values())
    assert [["msg_a"], ["msg_b", "msg_c", "msg_d"]] == [sorted(group) for group in store.groups]


def test_a_message_that_the_store_refuses_fails_only_its_own_caller() -> None:
    """Neighbours in a group have nothing to do with one another."""
    store = SlowStore()

    errors = _accept_together(store, ["a", "b", "poison", "d"])

    assert isinstance(errors.pop("poison"), ValueError)
    assert {"a": None, "b": None, "d": None} == errors
    assert ["msg_a", "msg_b", "msg_d"] == sorted(name for group in store.groups for name in group)


def test_a_store_that_is_away_is_told_to_every_caller_and_tried_once() -> None:
    """Nothing is half-accepted, and an absent store is not asked again for each message."""
    store = SlowStore()
    store.away = True

    errors = _accept_together(store, ["a", "b", "c"])

    assert {StoreUnavailableError} == {type(error) for error in errors.values()}


def test_a_commit_that_is_broken_off_leaves_nobody_waiting() -> None:
    """Its process ends; those who wait with it are told that nothing is known, and others go on."""
    store = SlowStore()
    store.broken_off = True

    errors = _accept_together(store, ["a", "b", "c"])

    assert isinstance(errors.pop("a"), SystemExit)
    assert {"b": None, "c": None} == errors


def test_a_batch_that_is_broken_off_is_committed_by_nobody_else() -> None:
    store = SlowStore()
    store.released.set()
    store.broken_off = True
    group = GroupCommit(store)

    with pytest.raises(SystemExit):
        group.accept_each([_acceptance(str(number)) for number in range(450)])
    group.accept_each([_acceptance("after")])

    assert [["msg_after"]] == store.groups


def test_nothing_to_accept_is_nothing_to_commit() -> None:
    store = SlowStore()

    assert [] == GroupCommit(store).accept_each([])
    assert [] == store.groups


@pytest.mark.parametrize("count", [1, 7, 450])
def test_every_message_gets_its_own_result_whatever_the_size_of_the_batch(count: int) -> None:
    """A batch beyond one group's bounds is committed in several."""
    store = SlowStore()
    store.released.set()

    results = GroupCommit(store).accept_each([_acceptance(str(number)) for number in range(count)])

    assert [Committed()] * count == results
    assert count == sum(len(group) for group in store.groups)
