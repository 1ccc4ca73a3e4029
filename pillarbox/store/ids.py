"""Making ids, and the range of ids that a span of time has."""

import math
from datetime import UTC, datetime, timedelta

from uuid_utils import uuid7

from pillarbox.domain.ids import (
    BATCH_PREFIX,
    CLAIM_PREFIX,
    MESSAGE_PREFIX,
    BatchId,
    ClaimId,
    MessageId,
    decode_suffix,
    encode_suffix,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_TIME_BITS = 48
"""A UUIDv7 begins with the milliseconds since 1970 (RFC 9562 5.7)."""
_REST_BITS = 128 - _TIME_BITS


def new_message_id() -> tuple[MessageId, datetime]:
    """Make an id for a message, and tell the time in it: to the millisecond."""
    octets = uuid7().bytes
    milliseconds = int.from_bytes(octets[: _TIME_BITS // 8], "big")
    return (
        MessageId(f"{MESSAGE_PREFIX}_{encode_suffix(octets)}"),
        _EPOCH + milliseconds * _MILLISECOND,
    )


def new_batch_id() -> BatchId:
    """Make an id for a batch."""
    return BatchId(f"{BATCH_PREFIX}_{new_suffix()}")


def new_claim_id() -> ClaimId:
    """Make an id for a claim."""
    return ClaimId(f"{CLAIM_PREFIX}_{new_suffix()}")


def new_suffix() -> str:
    """Make the 26 letters of an id, to go behind a prefix."""
    return encode_suffix(uuid7().bytes)


def first_message_id_at(moment: datetime) -> MessageId:
    """Return what every message id made at `moment` or later is at least.

    Ids hold milliseconds, so a moment between two belongs to the later one.
    """
    milliseconds = math.ceil((moment - _EPOCH) / _MILLISECOND)
    bounded = min(max(milliseconds, 0), (1 << _TIME_BITS) - 1)
    lowest = (bounded << _REST_BITS).to_bytes(16, "big")
    return MessageId(f"{MESSAGE_PREFIX}_{encode_suffix(lowest)}")


def made_at(message: MessageId) -> datetime:
    """Tell the time in a message's id; `KeyError` if it is none."""
    milliseconds = decode_suffix(message.rpartition("_")[2]) >> _REST_BITS
    return _EPOCH + milliseconds * _MILLISECOND
