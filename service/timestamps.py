"""Times in requests: RFC 3339, any offset; a naive time is a fault."""

import re
from datetime import UTC, datetime, timedelta

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+-]\d\d:[0-5]\d))",
    re.ASCII,
)
_LEAP_SECOND = "60"


def parse_timestamp(text: str) -> datetime | None:
    """Return the time in UTC, to the microsecond; None for what is none.

    A leap second (RFC 3339 5.7) is the second after it, as there is no such
    `datetime`.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    date, minute, second, fraction, zulu, offset = match.groups()
    leap = second == _LEAP_SECOND
    micro = (fraction or "").ljust(6, "0")[:6]
    try:
        moment = datetime.fromisoformat(
            f"{date}T{minute}:{'59' if leap else second}.{micro}{'+00:00' if zulu else offset}"
        )
        return (moment + timedelta(seconds=int(leap))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
