"""How the text of a setting becomes its value; each raises `ValueError` that says what is wrong.

No message repeats a value that may hold a secret.
"""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from pillarbox.domain.key import KeyText
from pillarbox.domain.lane import Lane

_UNREADABLE = "cannot be read; user and password are percent-encoded in it, and a port is a number"

_SERVER = re.compile(
    r"(?:[^:/]*(?::[^@]*)?@)?(?:\[[^/\]]+\]|[^/:\[?]*)(?::(?P<port>[^/?]*))?(?:[/?].*)?", re.DOTALL
)
"""What SQLAlchemy reads behind the scheme: in a password only @ need be encoded."""


def text(value: str) -> str:
    """Take anything but nothing."""
    if not value:
        raise ValueError("is empty")
    return value


def path(value: str) -> Path:
    """Take a path; nothing is none, and not the folder that the process is in."""
    return Path(text(value))


def whole(low: int, high: int) -> Callable[[str], int]:
    """Take a whole number from `low` to `high`."""

    def parse(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a whole number") from None
        if not low <= number <= high:
            raise ValueError(f"{number} is not between {low} and {high}")
        return number

    return parse


def seconds(low: float, high: float) -> Callable[[str], float]:
    """Take seconds, whole or not, from `low` to `high`."""

    def parse(value: str) -> float:
        try:
            number = float(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a number of seconds") from None
        if not low <= number <= high:
            raise ValueError(f"{number:g} s is not between {low:g} and {high:g} s")
        return number

    return parse


def one_of(*words: str) -> Callable[[str], str]:
    """Take one of these words."""

    def parse(value: str) -> str:
        if value not in words:
            raise ValueError(f"{value!r} is not one of {', '.join(words)}")
        return value

    return parse


def lanes(value: str) -> tuple[Lane, ...]:
    """Take lanes with commas between; at least one, none twice."""
    parse = one_of(*Lane)
    found = tuple(Lane(parse(each.strip())) for each in value.split(","))
    if len(set(found)) < len(found):
        raise ValueError("names a lane twice")
    return found


def flag(value: str) -> bool:
    """Take `true` or `false`."""
    return one_of("true", "false")(value.lower()) == "true"


def database_url(value: str) -> str:
    """Take the URL of a database that the store speaks, and that is in a server or a file."""
    _with_scheme(value, "postgresql+psycopg", "sqlite")
    scheme, _, rest = value.partition("://")
    if scheme == "sqlite":
        file = rest.removeprefix("/").partition("?")[0]
        if not rest.startswith("/") or file in {"", ":memory:"}:
            raise ValueError("names no file; sqlite:///relative and sqlite:////absolute do")
        return value
    if (found := _SERVER.fullmatch(rest)) is None:
        raise ValueError(_UNREADABLE)
    if found["port"]:
        _port(found["port"])
    return value


def redis_url(value: str) -> str:
    """Take the URL of a broker."""
    _with_scheme(value, "redis", "rediss", "unix")
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - looks whether it is a number
    except ValueError:
        raise ValueError(_UNREADABLE) from None
    if parts.scheme == "unix":
        if not parts.path:
            raise ValueError("names no socket; unix:///path does")
    elif not parts.path.strip("/").isdigit() and parts.path not in {"", "/"}:
        raise ValueError("names no database by its number, as redis://host:6379/0 does")
    return value


def http_url(value: str) -> str:
    """Take an absolute URL of the web."""
    if not urlsplit(value).hostname:
        raise ValueError("names no host")
    return _with_scheme(value, "http", "https")


def api_key(value: str) -> str:
    """Take a whole API key."""
    if KeyText.parse(value) is None:
        raise ValueError(
            "is not pb_<id>_<secret>, with an id of 8 to 40 lower-case letters and digits"
            " and a secret of at least 32 letters and digits"
        )
    return value


def _port(value: str) -> None:
    try:
        whole(1, 65_535)(value)
    except ValueError:
        raise ValueError(_UNREADABLE) from None  # may be a part of the password


def _with_scheme(value: str, *schemes: str) -> str:
    scheme = value.partition(":")[0]
    if scheme not in schemes or "://" not in value:
        raise ValueError(f"does not begin with {' or '.join(f'{each}://' for each in schemes)}")
    return value
