"""Ids carry the time that they were made at, and sort by it."""

from datetime import UTC, datetime, timedelta

from pillarbox.domain.ids import CLAIM_PREFIX, MESSAGE_PREFIX, is_type_id
from pillarbox.store.ids import (
    first_message_id_at,
    made_at,
    new_claim_id,
    new_message_id,
    new_suffix,
)


def test_a_messages_time_is_the_one_in_its_id() -> None:
    message_id, created_at = new_message_id()

    assert is_type_id(message_id, MESSAGE_PREFIX)
    assert first_message_id_at(created_at) <= message_id
    assert message_id < first_message_id_at(created_at + timedelta(milliseconds=1))
    assert created_at == made_at(message_id)
    assert 0 == created_at.microsecond % 1000
    assert abs(datetime.now(UTC) - created_at) < timedelta(seconds=5)


def test_later_ids_sort_later() -> None:
    ids = [new_message_id()[0] for _ in range(1000)]

    assert ids == sorted(set(ids))


def test_other_ids_are_well_formed() -> None:
    assert is_type_id(new_claim_id(), CLAIM_PREFIX)
    assert is_type_id(f"key_{new_suffix()}", "key")


def test_a_time_out_of_reach_has_a_bound_all_the_same() -> None:
    """Before 1970 and after 10,889 there are no ids, and asking for them is no fault."""
    message_id, _ = new_message_id()

    assert first_message_id_at(datetime(1, 1, 1, tzinfo=UTC)) < message_id
    assert message_id < first_message_id_at(datetime(9999, 12, 31, tzinfo=UTC))
