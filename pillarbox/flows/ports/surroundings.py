from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time of day, time zone aware, UTC."""

    def __call__(self) -> datetime:
        """Return now."""


class Ping(Protocol):
    """A dependency that can be asked whether it is there."""

    def __call__(self) -> None:
        """Return if it answers; raise what is wrong if not."""
