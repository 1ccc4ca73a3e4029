"""`[[relay]]`: one relay, with its `[relay.token]` and `[relay.timeouts]`."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final
from urllib.parse import quote

from pillarbox.domain.relay import (
    AuthMechanism,
    ClientCertificate,
    Relay,
    RelayFieldError,
    RelayUrlError,
    TokenGrant,
    parse_relay_url,
)
from pillarbox.domain.relay_timeouts import RelayTimeouts
from pillarbox.relays_file.surroundings import Surroundings
from pillarbox.relays_file.table import (
    RelaysFileError,
    Table,
    know,
    number,
    subtable,
    text,
    whole,
)

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")

_WHOLE: Final[Mapping[str, tuple[int, int]]] = {
    "weight": (1, 10_000),
    "priority": (0, 10_000),
    "max_connections": (1, 10_000),
    "max_messages_per_connection": (1, 1_000_000),
}
_NUMBERS: Final[Mapping[str, tuple[float, float]]] = {
    "max_connection_age": (1, 86_400),
    "idle_timeout": (0, 3600),
    "rate": (0.001, 100_000),
}
"""The numbers of a relay: the least and the most."""

_FIELDS: Final = (
    *("name", "url", "password_file", "auth", "token", "ca_file", "timeouts"),
    *("client_cert_file", "client_key_file", "client_key_password_file"),
    *_WHOLE,
    *_NUMBERS,
)

_GRANT_FIELDS: Final = (
    *("url", "client_id", "client_secret", "client_secret_file"),
    *("refresh_token", "refresh_token_file", "scope"),
)

TIMEOUT_SECONDS: Final = (0.1, 3600)
"""The least and the most of a time-out: an hour is six times the RFC's longest."""


def read_relay(table: Table, around: Surroundings, usual: RelayTimeouts) -> Relay:
    """Read one relay; its time-outs are the `usual` ones where it names none."""
    know(table, _FIELDS)
    name = text(table, "name")
    if _NAME.fullmatch(name) is None:
        raise RelaysFileError("name: wants 1 to 63 of a-z 0-9 . _ -, a letter or digit first")
    url = around.filled(table, "url", lambda value: quote(value, safe=""))
    token = _token(table, around)
    password = around.first_line(table, "password_file") if token is None else ""
    try:
        relay = parse_relay_url(url, name=name, password=password)
    except RelayUrlError as error:
        raise RelaysFileError(f"url: {error}") from None
    numbers: dict[str, Any] = {
        field: whole(table, field, *_WHOLE[field]) for field in _WHOLE if field in table
    }
    numbers |= {
        field: number(table, field, *_NUMBERS[field]) for field in _NUMBERS if field in table
    }
    try:
        return replace(
            relay,
            token=token,
            auth=_auth(table),
            ca_file=around.path(table, "ca_file"),
            client_certificate=_client_certificate(table, around),
            timeouts=_timeouts(table, usual),
            **numbers,
        )
    except RelayFieldError as error:
        raise RelaysFileError(str(error)) from None


def _auth(table: Table) -> AuthMechanism | None:
    if "auth" not in table:
        return None
    try:
        return AuthMechanism(text(table, "auth"))
    except ValueError:
        known = ", ".join(AuthMechanism)
        raise RelaysFileError(f"auth: is not one of {known}") from None


def _client_certificate(table: Table, around: Surroundings) -> ClientCertificate | None:
    cert_file = around.path(table, "client_cert_file")
    key_file = around.path(table, "client_key_file")
    password = around.first_line(table, "client_key_password_file")
    if cert_file is None:
        for field in ("client_key_file", "client_key_password_file"):
            if field in table:
                raise RelaysFileError(f"{field}: without a client_cert_file")
        return None
    if key_file is None:
        raise RelaysFileError("client_cert_file: wants its client_key_file")
    return ClientCertificate(cert_file, key_file, password)


def _timeouts(table: Table, usual: RelayTimeouts) -> RelayTimeouts:
    found = subtable(table, "timeouts")
    if found is None:
        return usual
    try:
        know(found, [each.name for each in fields(RelayTimeouts)])
        return replace(usual, **{name: number(found, name, *TIMEOUT_SECONDS) for name in found})
    except RelaysFileError as error:
        raise RelaysFileError(f"timeouts: {error}") from None


def _token(table: Table, around: Surroundings) -> TokenGrant | None:
    """Read `[relay.token]`: where tokens for XOAUTH2 come from."""
    grant = subtable(table, "token")
    if grant is None:
        return None
    if "password_file" in table:
        raise RelaysFileError("token: stands in place of a password_file, not beside it")
    try:
        return _grant(grant, around)
    except (RelayUrlError, RelaysFileError) as error:
        raise RelaysFileError(f"token: {error}") from None


def _grant(table: Table, around: Surroundings) -> TokenGrant:
    know(table, _GRANT_FIELDS)
    url, client_id = around.filled(table, "url"), around.filled(table, "client_id")
    client_secret = around.secret(table, "client_secret")
    refresh_token = around.secret(table, "refresh_token")
    if client_secret is None and refresh_token is None:
        raise RelaysFileError("client_secret: is missing")
    scope = around.filled(table, "scope") if "scope" in table else ""
    return TokenGrant(url, client_id, client_secret or "", refresh_token or "", scope)
