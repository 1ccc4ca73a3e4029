"""Fields of a TOML table, each checked for its kind; what is wrong is told by the field's name."""

from collections.abc import Iterable, Mapping
from typing import Any

Table = Mapping[str, Any]


class RelaysFileError(ValueError):
    """A file of relays that cannot be used; `str()` says where and why, without secrets."""


def text(table: Table, field: str) -> str:
    """Take a text that must be there, and not be empty."""
    value = table.get(field)
    if value is None:
        raise RelaysFileError(f"{field}: is missing")
    if not isinstance(value, str) or not value:
        raise RelaysFileError(f"{field}: is not a text")
    return value


def whole(table: Table, field: str, low: int, high: int) -> int:
    """Take a whole number from `low` to `high`."""
    value = table[field]
    if isinstance(value, bool) or not isinstance(value, int):
        raise RelaysFileError(f"{field}: is not a whole number")
    _bound(field, value, low, high)
    return value


def number(table: Table, field: str, low: float, high: float) -> float:
    """Take a number from `low` to `high`."""
    value = table[field]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RelaysFileError(f"{field}: is not a number")
    _bound(field, value, low, high)
    return float(value)


def tables(document: Table, name: str) -> list[Table]:
    """Take all tables of a name, in the file's order."""
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise RelaysFileError(f"{name}: is not written as [[{name}]]")
    return found


def subtable(table: Table, name: str) -> Table | None:
    """Take a relay's table of a name, if there is one."""
    if name not in table:
        return None
    found = table[name]
    if not isinstance(found, dict):
        raise RelaysFileError(f"{name}: is not written as [relay.{name}]")
    return found


def know(table: Table, fields: Iterable[str]) -> None:
    """Refuse a field that nobody reads."""
    for name in table:
        if name not in fields:
            raise RelaysFileError(f"{name}: there is no such field")


def _bound(field: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise RelaysFileError(f"{field}: {value:g} is not between {low:g} and {high:g}")
