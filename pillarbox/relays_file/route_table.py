"""`[[route]]`: one rule of routing."""

import re
from collections.abc import Container
from typing import Final

from pillarbox.domain.address import SenderPattern
from pillarbox.domain.ids import KEY_PREFIX, KeyId
from pillarbox.domain.routing import RoutingRule
from pillarbox.relays_file.table import RelaysFileError, Table, know, text

_PATTERN: Final = re.compile(r"([^@\s*]+@|\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*")


def read_rule(table: Table, relays: Container[object]) -> RoutingRule:
    """Read one rule; `relays` are the names that it may use."""
    know(table, ("relays", "sender", "recipient", "tag", "key"))
    names = table.get("relays")
    if not isinstance(names, list) or not names:
        raise RelaysFileError("relays: is not a list of names")
    for index, name in enumerate(names):
        if name not in relays:
            raise RelaysFileError(f"relays: there is no [[relay]] named {name!r}")
        if name in names[:index]:
            raise RelaysFileError(f"relays: {name} is named twice")
    key = text(table, "key") if "key" in table else None
    if key is not None and not key.startswith(f"{KEY_PREFIX}_"):
        raise RelaysFileError(f"key: wants a key's id, {KEY_PREFIX}_…")
    return RoutingRule(
        relays=tuple(names),
        sender=_pattern(table, "sender"),
        recipient=_pattern(table, "recipient"),
        tag=text(table, "tag") if "tag" in table else None,
        key=None if key is None else KeyId(key),
    )


def _pattern(table: Table, field: str) -> SenderPattern | None:
    if field not in table:
        return None
    local, at, domain = text(table, field).rpartition("@")
    pattern = f"{local}{at}{domain.lower()}"
    if _PATTERN.fullmatch(pattern) is None:
        raise RelaysFileError(
            f"{field}: wants an address, a domain or *.domain, the domain in A-labels"
        )
    return SenderPattern(pattern)
