"""When a message is first due, and until when it is worth sending."""

from dataclasses import dataclass
from datetime import datetime, timedelta

MAX_AHEAD = timedelta(days=400)
"""The furthest `send_at`: a year and a month, so that what recurs each year can be sent ahead."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller asks for; None asks nothing."""

    send_at: datetime | None = None
    expires_at: datetime | None = None

    def faults(self, now: datetime) -> list[tuple[str, str, str]]:
        """Say why this cannot be: the member at fault, a code and a sentence each."""
        found = []
        if self.send_at is not None and self.send_at > now + MAX_AHEAD:
            found.append(("send_at", "send_at.too_far", f"at most {MAX_AHEAD.days} days ahead"))
        if self.send_at and self.expires_at and self.expires_at <= self.send_at:
            found.append(("expires_at", "expires_at.order", "must be later than send_at"))
        return found

    def passed(self, now: datetime) -> list[tuple[str, str, str]]:
        """Say whether it is too late: a fault that a repeat may have and the first call had not."""
        if self.expires_at is None or self.expires_at > now:
            return []
        return [("expires_at", "expires_at.passed", "has passed")]


NO_WISH = Wish()
"""At once, and for as long as anything."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is made of it at acceptance: `send_at` is None for at once."""

    send_at: datetime | None
    expires_at: datetime

    @classmethod
    def made(cls, wish: Wish, now: datetime, lifetime: timedelta) -> "Schedule":
        """Take a past `send_at` for now, and end the lifetime no later than was wished."""
        send_at = wish.send_at if wish.send_at is not None and wish.send_at > now else None
        end = (send_at or now) + lifetime
        return cls(send_at, end if wish.expires_at is None else min(end, wish.expires_at))
