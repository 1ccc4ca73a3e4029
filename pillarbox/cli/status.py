import json
import sys
import time
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pillarbox.cli.client import Client

POLL_SECONDS = 0.2
"""Between two looks at a message that is waited for."""
ENDED = frozenset({"sent", "failed", "partial", "cancelled", "uncertain"})
"""No attempt follows of itself."""
_COLOURS = {
    "sent": "green",
    "bounced": "red",
    "failed": "red",
    "expired": "red",
    "cancelled": "yellow",
    "deferred": "yellow",
    "uncertain": "magenta",
    "partial": "yellow",
}


@click.command()
@click.argument("message_id")
@click.option("--wait", is_flag=True, help="Wait until every recipient's way has ended.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--url", envvar="PILLARBOX_URL", help="The API. [PILLARBOX_URL]")
@click.option("--key", envvar="PILLARBOX_API_KEY", help="The API key. [PILLARBOX_API_KEY]")
def status(message_id: str, *, wait: bool, as_json: bool, url: str | None, key: str | None) -> None:
    """Show what became of a message, recipient by recipient."""
    client = Client(url, key)
    if wait:
        message = wait_for_end(client, message_id, quiet=as_json)
    else:
        message = client.get(f"/v1/messages/{message_id}")
    tell(message, as_json=as_json, waited=wait)


def tell(message: dict[str, Any], *, as_json: bool, waited: bool) -> None:
    """Print a message; exits with 1 if its end was `waited` for and it is not sent."""
    if as_json:
        click.echo(json.dumps(message))
    else:
        show(message)
    if waited and message["status"] != "sent":
        sys.exit(1)


def wait_for_end(client: Client, message_id: str, *, quiet: bool) -> dict[str, Any]:
    """Look at a message until nothing more follows of itself; tell how it goes unless `quiet`."""
    console = Console(stderr=True, quiet=quiet)
    with console.status("queued") as spinner:
        while True:
            message = client.get(f"/v1/messages/{message_id}")
            if message["status"] in ENDED:
                return message
            spinner.update(_progress(message))
            time.sleep(POLL_SECONDS)  # the API has no call that waits for a status


def _progress(message: dict[str, Any]) -> str:
    waiting = [each for each in message["recipients"] if each["status"] not in ENDED]
    nexts = sorted(each["next_attempt_at"] for each in waiting if each.get("next_attempt_at"))
    when = f", next attempt at {nexts[0]}" if nexts and message["status"] == "deferred" else ""
    return f"{message['status']}: {len(waiting)} of {len(message['recipients'])} to go{when}"


def show(message: dict[str, Any]) -> None:
    """Print a message as a table: a line for each recipient."""
    console = Console()
    console.print(f"{message['id']}  [bold]{_coloured(message['status'])}[/]")
    table = Table(box=SIMPLE_HEAD)
    for heading in ("recipient", "status", "last heard", "via", "attempts"):
        table.add_column(heading, overflow="fold", no_wrap=heading in {"status", "attempts"})
    for recipient in message["recipients"]:
        table.add_row(
            escape(recipient["email"]),
            _coloured(recipient["status"]),
            _why(recipient),
            recipient.get("host") or "",
            str(recipient.get("attempts", "")),
        )
    console.print(table)


def describe(recipient: dict[str, Any]) -> str:
    """Say in one line what was last said of a recipient: the relay's reply, or our reason."""
    if reply := recipient.get("reply"):
        words = (str(reply["code"]), reply.get("enhanced") or "", reply["text"])
        return " ".join(word for word in words if word).replace("\n", " ")
    if reason := recipient.get("reason"):
        return f"{reason['code']}: {reason['detail']}"
    return ""


def _why(recipient: dict[str, Any]) -> str:

    said = describe(recipient)
    if category := recipient.get("category"):
        said += f" ({category})"
    if following := recipient.get("next_attempt_at"):
        said += f"; next attempt at {following}"
    return escape(said)


def _coloured(word: str) -> str:
    return f"[{_COLOURS[word]}]{word}[/]" if word in _COLOURS else word
