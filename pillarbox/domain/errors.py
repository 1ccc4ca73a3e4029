"""What can go wrong for a caller, cut by whose fault it is and what to do next.

Every class here has a place in the service's table of problems; a test walks
them. Errors carry fields, and are put into words once, where they are shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """What part of a request a fault points at (RFC 9457's `errors` extension)."""

    POINTER = "pointer"
    """A JSON Pointer into the body, as a URI fragment (RFC 6901 6)."""
    PARAMETER = "parameter"
    """A query parameter."""
    HEADER = "header"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request: where, a stable code, and a sentence."""

    where: str
    code: str
    detail: str
    place: Place = Place.POINTER


class PillarboxError(Exception):
    """The base of all errors that are meant for a caller."""


class InvalidInputError(PillarboxError):
    """The request is well-formed and says something that cannot be; every fault at once."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(f"{fault.where}: {fault.detail}" for fault in faults))
        self.faults = faults


class UnauthenticatedError(PillarboxError):
    """No key, or one that is not known or was revoked; which of them is not told."""


class ScopeMissingError(PillarboxError):
    """The key is good and may not do this."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


class SenderNotAllowedError(PillarboxError):
    """The key may not send as these; each fault points at the field that named the sender."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(fault.detail for fault in faults))
        self.faults = faults


class NotFoundError(PillarboxError):
    """There is no such thing, or not for this key."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"{what} {name}")
        self.what = what
        self.name = name


class ContentPurgedError(PillarboxError):
    """The message is there, and what it was made from is not any more."""

    def __init__(self, message_id: str) -> None:
        super().__init__(message_id)
        self.message_id = message_id


class IdempotencyKeyReusedError(PillarboxError):
    """The Idempotency-Key was used for another payload."""


class IdempotencyKeyBusyError(PillarboxError):
    """The first call with this Idempotency-Key is still under way."""


class MessageTooLargeError(PillarboxError):
    """The message, once encoded, is larger than this installation takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(str(limit))
        self.limit = limit


class BatchRefusedError(PillarboxError):
    """Nothing of a batch was accepted; `refused` says why, by the place of each message in it."""

    def __init__(self, refused: Mapping[int, PillarboxError], count: int) -> None:
        super().__init__(f"{len(refused)} of {count}")
        self.refused = refused
        self.count = count


class BatchTooLargeError(PillarboxError):
    """The texts of a batch's messages, each counted, are together larger than is taken at once."""

    def __init__(self, limit: int) -> None:
        super().__init__(str(limit))
        self.limit = limit


class NothingToCancelError(PillarboxError):
    """Every recipient has ended, is on its way at this moment, or is tried again by itself."""


class NothingToRetryError(PillarboxError):
    """Nobody can be tried again now; `faults` name those that never can be."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__("; ".join(fault.detail for fault in faults))
        self.faults = faults


class StoreUnavailableError(PillarboxError):
    """The store did not take part; nothing is known to be accepted, and a repeat may succeed."""
