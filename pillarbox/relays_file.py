"""The file that names several relays and the routes to them (TOML).

1. What is wrong is told in one line: the table, the field, and why.
2. `${NAME}` in a `url` or a secret stands for a variable of the environment;
   `password_file` for a file's first line. None is ever in such a line, nor in a repr.
3. Paths are relative to the file's own folder.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pillarbox.domain.address import SenderPattern
from pillarbox.domain.ids import KEY_PREFIX, KeyId
from pillarbox.domain.relay import Relay, RelayUrlError, TokenGrant, parse_relay_url
from pillarbox.domain.routing import RoutingRule

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PATTERN = re.compile(r"([^@\s*]+@|\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*")

_UNREAD = "unread"
"""Stands for a secret where none is wanted."""


class RelaysFileError(ValueError):
    """A file of relays that cannot be used; `str()` says where and why, without secrets."""


@dataclass(frozen=True, slots=True)
class RelaysFile:
    """What the file says: the relays by name, in its order, and the rules of routing."""

    relays: dict[str, Relay]
    rules: tuple[RoutingRule, ...]


def read_relays_file(path: Path, environment: Mapping[str, str] | None) -> RelaysFile:
    """Read the file whole; raises `RelaysFileError`.

    Without an environment secrets are not looked for: who only routes needs none.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RelaysFileError(f"{path}: {_first_line(error)}") from None
    try:
        return _read(document, path.parent, environment)
    except RelaysFileError as error:
        raise RelaysFileError(f"{path}: {error}") from None


def _read(
    document: Mapping[str, Any], folder: Path, environment: Mapping[str, str] | None
) -> RelaysFile:
    _know(document, ("relay", "route"))
    relays: dict[str, Relay] = {}
    for number, table in enumerate(_tables(document, "relay"), 1):
        place = f"[[relay]] {number}"
        relay = _placed(place, _read_relay, table, folder, environment)
        if relay.name in relays:
            raise RelaysFileError(f"{place}: name: {relay.name} is taken")
        relays[relay.name] = relay
    if not relays:
        raise RelaysFileError("there is no [[relay]]")
    rules = tuple(
        _placed(f"[[route]] {number}", _read_rule, table, relays)
        for number, table in enumerate(_tables(document, "route"), 1)
    )
    return RelaysFile(relays, rules)


def _placed(place: str, read: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401 - what `read` gives
    try:
        return read(*arguments)
    except RelaysFileError as error:
        raise RelaysFileError(f"{place}: {error}") from None


def _read_relay(
    table: Mapping[str, Any], folder: Path, environment: Mapping[str, str] | None
) -> Relay:
    _know(table, ("name", "url", "password_file", "token", "ca_file", *_LIMITS))
    name = _text(table, "name")
    if _NAME.fullmatch(name) is None:
        raise RelaysFileError("name: wants 1 to 63 of a-z 0-9 . _ -, a letter or digit first")
    url = _VARIABLE.sub(
        lambda found: quote(_variable("url", found[1], environment), safe=""), _text(table, "url")
    )
    token = _token(table, environment)
    password = _password(table, folder, environment) if token is None else ""
    try:
        relay = parse_relay_url(url, name=name, password=password)
    except RelayUrlError as error:
        raise RelaysFileError(f"url: {error}") from None
    except ValueError:  # urlsplit's own words quote the URL
        raise RelaysFileError("url: is not a URL") from None
    relay = replace(relay, token=token)
    if "ca_file" in table:
        ca_file = folder / _text(table, "ca_file")
        if environment is not None and not ca_file.is_file():
            raise RelaysFileError(f"ca_file: there is no file {ca_file}")
        relay = replace(relay, ca_file=ca_file)
    limits = {field: _number(table, field) for field in _LIMITS if field in table}
    return replace(relay, **limits)


def _read_rule(table: Mapping[str, Any], relays: Mapping[str, Relay]) -> RoutingRule:
    _know(table, ("relays", "sender", "recipient", "tag", "key"))
    names = table.get("relays")
    if not isinstance(names, list) or not names:
        raise RelaysFileError("relays: is not a list of names")
    for index, name in enumerate(names):
        if name not in relays:
            raise RelaysFileError(f"relays: there is no [[relay]] named {name!r}")
        if name in names[:index]:
            raise RelaysFileError(f"relays: {name} is named twice")
    key = _text(table, "key") if "key" in table else None
    if key is not None and not key.startswith(f"{KEY_PREFIX}_"):
        raise RelaysFileError(f"key: wants a key's id, {KEY_PREFIX}_…")
    return RoutingRule(
        relays=tuple(names),
        sender=_pattern(table, "sender"),
        recipient=_pattern(table, "recipient"),
        tag=_text(table, "tag") if "tag" in table else None,
        key=None if key is None else KeyId(key),
    )


def _pattern(table: Mapping[str, Any], field: str) -> SenderPattern | None:
    if field not in table:
        return None
    text = _text(table, field)
    local, at, domain = text.rpartition("@")
    if _PATTERN.fullmatch(f"{local}{at}{domain.lower()}") is None:
        raise RelaysFileError(
            f"{field}: wants an address, a domain or *.domain, the domain in A-labels"
        )
    return SenderPattern(f"{local}{at}{domain.lower()}")


def _variable(field: str, name: str, environment: Mapping[str, str] | None) -> str:
    if environment is None:
        return _UNREAD
    value = environment.get(name)
    if not value:
        raise RelaysFileError(f"{field}: the variable {name} is not set")
    return value


def _token(table: Mapping[str, Any], environment: Mapping[str, str] | None) -> TokenGrant | None:
    """Read `[relay.token]`: where tokens for XOAUTH2 come from."""
    if "token" not in table:
        return None
    if "password_file" in table:
        raise RelaysFileError("token: stands in place of a password_file, not beside it")
    grant = table["token"]
    if not isinstance(grant, dict):
        raise RelaysFileError("token: is not written as [relay.token]")
    try:
        return TokenGrant(**_grant_texts(grant, environment))
    except (RelayUrlError, RelaysFileError) as error:
        raise RelaysFileError(f"token: {error}") from None


def _grant_texts(grant: Mapping[str, Any], environment: Mapping[str, str] | None) -> dict[str, str]:
    _know(grant, ("url", "client_id", "client_secret", "refresh_token", "scope"))
    for required in ("url", "client_id", *(() if "refresh_token" in grant else ("client_secret",))):
        _text(grant, required)

    def filled(name: str) -> str:
        return _VARIABLE.sub(
            lambda found: _variable(name, found[1], environment), _text(grant, name)
        )

    return {name: filled(name) for name in grant}


def _password(
    table: Mapping[str, Any], folder: Path, environment: Mapping[str, str] | None
) -> str | None:
    if "password_file" not in table:
        return None
    if environment is None:
        return _UNREAD
    path = folder / _text(table, "password_file")
    try:
        password = path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise RelaysFileError(f"password_file: {path}: {_first_line(error)}") from None
    if not password:
        raise RelaysFileError(f"password_file: {path} is empty")
    return password


_LIMITS: Mapping[str, tuple[type[int] | type[float], float, float]] = {
    "weight": (int, 1, 10_000),
    "priority": (int, 0, 10_000),
    "max_connections": (int, 1, 10_000),
    "max_messages_per_connection": (int, 1, 1_000_000),
    "max_connection_age": (float, 1, 86_400),
    "idle_timeout": (float, 0, 3600),
    "rate": (float, 0.001, 100_000),
}
"""The numbers of a relay: their kind, the least and the most."""


def _number(table: Mapping[str, Any], field: str) -> Any:  # noqa: ANN401 - an int or a float, as the field's
    kind, low, high = _LIMITS[field]
    value = table[field]
    fits = isinstance(value, int) or (kind is float and isinstance(value, float))
    if isinstance(value, bool) or not fits:
        raise RelaysFileError(f"{field}: is not a {'whole ' if kind is int else ''}number")
    if not low <= value <= high:
        raise RelaysFileError(f"{field}: {value:g} is not between {low:g} and {high:g}")
    return kind(value)


def _text(table: Mapping[str, Any], field: str) -> str:
    value = table.get(field)
    if value is None:
        raise RelaysFileError(f"{field}: is missing")
    if not isinstance(value, str) or not value:
        raise RelaysFileError(f"{field}: is not a text")
    return value


def _tables(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    tables = document.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise RelaysFileError(f"{name}: is not written as [[{name}]]")
    return tables


def _know(table: Mapping[str, Any], fields: tuple[str, ...]) -> None:
    for name in table:
        if name not in fields:
            raise RelaysFileError(f"{name}: there is no such field")


def _first_line(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error).partition("\n")[0]
