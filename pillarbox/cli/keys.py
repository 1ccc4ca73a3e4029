import json
from collections.abc import Sequence
from datetime import datetime

import click

from pillarbox.cli.setting_errors import load_settings, told_in_one_line
from pillarbox.domain.errors import NotFoundError
from pillarbox.domain.ids import KEY_PREFIX, KeyId
from pillarbox.domain.key import ApiKey, Scope
from pillarbox.flows.keys import Keyring

_OF_A_KEY = ("name", "scopes", "senders", "created", "revoked")
_DEFAULT_SCOPES = (Scope.SEND.value, Scope.READ.value)


def _keyring() -> Keyring:
    settings = load_settings()
    from pillarbox.bootstrap import make_keyring, open_stores  # noqa: PLC0415 - loads SQLAlchemy

    return make_keyring(open_stores(settings))


@click.group()
def keys() -> None:
    """Make, list and revoke API keys, in the database itself."""


@keys.command("create")
@click.option("--name", required=True, help="What the key is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    default=_DEFAULT_SCOPES,
    show_default=True,
    help="What the key may do; may be repeated.",
)
@click.option(
    "--sender",
    "senders",
    multiple=True,
    help="Whom the key may send as: an address, a domain, *.domain, or '*' for any;"
    " may be repeated. None means it may not send.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(name: str, scopes: Sequence[str], senders: Sequence[str], *, as_json: bool) -> None:
    """Make a key and print it whole, once."""
    from pillarbox.bootstrap import new_key_suffix, parse_sender  # noqa: PLC0415 - loads SQLAlchemy

    try:
        patterns = [parse_sender(sender) for sender in senders]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--sender") from None
    with told_in_one_line():
        new = _keyring().create(
            new_key_suffix(),
            name=name,
            scopes=frozenset(Scope(scope) for scope in scopes),
            senders=patterns,
        )
    if as_json:
        click.echo(json.dumps({**_as_dict(new.key), "key": new.text}))
        return
    click.echo(f"id:  {new.key.id}")
    click.echo(f"key: {new.text}")
    click.echo("It is not shown again.", err=True)


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_keys(*, as_json: bool) -> None:
    """List the keys, newest first, without their secrets."""
    with told_in_one_line():
        known = _keyring().all()
    if as_json:
        click.echo(json.dumps([_as_dict(key) for key in known]))
        return
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - loads only for a table
    from rich.console import Console  # noqa: PLC0415 - loads only for a table
    from rich.table import Column, Table  # noqa: PLC0415 - loads only for a table

    rest = [Column(name, overflow="fold") for name in _OF_A_KEY]
    # The id is whole however narrow the terminal is: who revokes a key types it.
    table = Table(Column("id", no_wrap=True), *rest, box=SIMPLE_HEAD, collapse_padding=True)
    for key in known:
        each = _as_dict(key)
        table.add_row(
            key.id,
            key.name,
            ", ".join(each["scopes"] or ()),
            ", ".join(each["senders"] or ()) or "(none)",
            (_instant(key.created_at) or "").replace("T", " "),
            (_instant(key.revoked_at) or "").replace("T", " "),
        )
    Console().print(table)


@keys.command("revoke")
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """End a key's life at once."""
    identifier = key_id if key_id.startswith(f"{KEY_PREFIX}_") else f"{KEY_PREFIX}_{key_id}"
    with told_in_one_line():
        try:
            _keyring().revoke(KeyId(identifier))
        except NotFoundError:
            raise click.ClickException(f"there is no living key {identifier}") from None
    click.echo(f"revoked {identifier}")


def _as_dict(key: ApiKey) -> dict[str, str | list[str] | None]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "senders": [sender.pattern for sender in key.senders],
        "created_at": _instant(key.created_at),
        "revoked_at": _instant(key.revoked_at),
    }


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None
