"""TypeIDs: a prefix and the 26 letters of a UUIDv7 in Crockford's base32.

The text sorts as the UUID does, so ids made later sort later (to the
millisecond). Specification: github.com/jetify-com/typeid.
"""

from typing import NewType

MessageId = NewType("MessageId", str)
"""`msg_…`"""
BatchId = NewType("BatchId", str)
"""`bat_…`"""
KeyId = NewType("KeyId", str)
"""`key_…`, or `key_` before the id of a key that the operator brought."""
ClaimId = NewType("ClaimId", str)
"""`clm_…`, the fencing token of everything a worker does with what it claimed."""

MESSAGE_PREFIX = "msg"
BATCH_PREFIX = "bat"
KEY_PREFIX = "key"
CLAIM_PREFIX = "clm"

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
SUFFIX_LENGTH = 26
"""128 bits at five bits a letter."""
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(5 * (SUFFIX_LENGTH - 2), -1, -10)
"""Two letters at a time."""


def encode_suffix(uuid: bytes) -> str:
    """Encode the 16 bytes of a UUID as 26 letters."""
    number = int.from_bytes(uuid, "big")
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


def decode_suffix(suffix: str) -> int:
    """Return the UUID, as a number, that 26 letters encode; `KeyError` if they are none."""
    number = 0
    for letter in suffix:
        number = number << 5 | _VALUES[letter]
    return number


def is_type_id(text: str, prefix: str) -> bool:
    """Whether `text` is `prefix_` and a well-formed suffix: what is not names nothing."""
    head, separator, suffix = text.rpartition("_")
    return (
        bool(separator)
        and head == prefix
        and len(suffix) == SUFFIX_LENGTH
        and suffix[0] in "01234567"
        and all(letter in _VALUES for letter in suffix)
    )
