import json
from collections.abc import Sequence
from typing import Any

import click

from pillarbox.cli.client import Client
from pillarbox.cli.status import show

_URL = click.option("--url", envvar="PILLARBOX_URL", help="The API. [PILLARBOX_URL]")
_KEY = click.option("--key", envvar="PILLARBOX_API_KEY", help="The API key. [PILLARBOX_API_KEY]")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("message_id")
@_JSON
@_URL
@_KEY
def cancel(message_id: str, *, as_json: bool, url: str | None, key: str | None) -> None:
    """Try nothing more for whoever still waits, or is held uncertain."""
    _tell(Client(url, key).post(f"/v1/messages/{message_id}/cancel", {}), as_json=as_json)


@click.command()
@click.argument("message_id")
@click.argument("recipients", nargs=-1)
@_JSON
@_URL
@_KEY
def retry(
    message_id: str, recipients: Sequence[str], *, as_json: bool, url: str | None, key: str | None
) -> None:
    """Try again now whoever is deferred or held uncertain, or those RECIPIENTS.

    Who is bounced, expired or cancelled must be named.
    """
    document = {"recipients": list(recipients)}
    _tell(Client(url, key).post(f"/v1/messages/{message_id}/retry", document), as_json=as_json)


def _tell(message: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(message))
    else:
        show(message)
