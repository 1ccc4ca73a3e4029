import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pillarbox.domain.relay import Relay
from pillarbox.domain.relay_timeouts import RelayTimeouts
from pillarbox.domain.routing import RoutingRule
from pillarbox.relays_file.relay_table import read_relay
from pillarbox.relays_file.route_table import read_rule
from pillarbox.relays_file.surroundings import Surroundings
from pillarbox.relays_file.table import RelaysFileError, Table, know, tables


@dataclass(frozen=True, slots=True)
class RelaysFile:
    """What the file says: the relays by name, in its order, and the rules of routing."""

    relays: dict[str, Relay]
    rules: tuple[RoutingRule, ...]


def read_relays_file(
    path: Path, environment: Mapping[str, str] | None, usual: RelayTimeouts | None = None
) -> RelaysFile:
    """Read the file whole; raises `RelaysFileError`.

    Without an environment secrets are not looked for: who only routes needs none.
    A relay's time-outs are the `usual` ones where it names none.
    """
    around = Surroundings(path.parent, environment)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RelaysFileError(f"{path}: {_first_line(error)}") from None
    try:
        return _read(document, around, usual or RelayTimeouts())
    except RelaysFileError as error:
        raise RelaysFileError(f"{path}: {error}") from None


def _read(document: Table, around: Surroundings, usual: RelayTimeouts) -> RelaysFile:
    know(document, ("relay", "route"))
    relays: dict[str, Relay] = {}
    for index, table in enumerate(tables(document, "relay"), 1):
        place = f"[[relay]] {index}"
        relay = _placed(place, read_relay, table, around, usual)
        if relay.name in relays:
            raise RelaysFileError(f"{place}: name: {relay.name} is taken")
        relays[relay.name] = relay
    if not relays:
        raise RelaysFileError("there is no [[relay]]")
    rules = tuple(
        _placed(f"[[route]] {index}", read_rule, table, relays)
        for index, table in enumerate(tables(document, "route"), 1)
    )
    return RelaysFile(relays, rules)


def _placed(place: str, read: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401 - what `read` gives
    try:
        return read(*arguments)
    except RelaysFileError as error:
        raise RelaysFileError(f"{place}: {error}") from None


def _first_line(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error).partition("\n")[0]
