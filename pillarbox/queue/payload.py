"""What a task carries: versioned JSON, and nothing that could be lost with the broker."""

from collections.abc import Mapping

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route

VERSION = 1
"""Raised when a reader of the version before would misread a payload."""


class PayloadRefusedError(ValueError):
    """A payload of another version, or none at all; dropping it costs a sweep."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def encode_route(route: Route) -> dict[str, object]:
    """Write a wake-up."""
    return {"v": VERSION, "relay": route.relay, "lane": route.lane.value}


def decode_route(payload: object) -> Route:
    """Read a wake-up; raises `PayloadRefusedError`."""
    if not isinstance(payload, Mapping):
        raise PayloadRefusedError(f"is not an object but {type(payload).__name__}")
    version = payload.get("v")
    if version != VERSION:
        raise PayloadRefusedError(f"version {version!r} is not {VERSION}")
    relay = payload.get("relay")
    if not isinstance(relay, str) or not relay:
        raise PayloadRefusedError("names no relay")
    try:
        return Route(relay, Lane(str(payload.get("lane"))))
    except ValueError:
        raise PayloadRefusedError(f"there is no lane {payload.get('lane')!r}") from None
