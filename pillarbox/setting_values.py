"""How the text of a setting becomes its value; each raises `ValueError` that says what is wrong.

No message repeats a value that may hold a secret.
"""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from pillarbox.domain.key import KeyText
from pillarbox.domain.lane import Lane


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
    """Take the URL of a database that the store speaks."""
    return _with_scheme(value, "postgresql+psycopg", "sqlite")


def redis_url(value: str) -> str:
    """Take the URL of a broker."""
    return _with_scheme(value, "redis", "rediss", "unix")


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


def _with_scheme(value: str, *schemes: str) -> str:
    scheme = value.partition(":")[0]
    if scheme not in schemes or "://" not in value:
        raise ValueError(f"does not begin with {' or '.join(f'{each}://' for each in schemes)}")
    return value
