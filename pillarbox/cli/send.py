import base64
import mimetypes
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pillarbox.cli.client import Client
from pillarbox.cli.status import tell, wait_for_end


@click.command()
@click.option("--from", "sender", required=True, help="The author: 'Name <address>' or address.")
@click.option("--to", multiple=True, help="A recipient; may be repeated.")
@click.option("--cc", multiple=True, help="A recipient of a copy; may be repeated.")
@click.option("--bcc", multiple=True, help="A recipient that no other sees; may be repeated.")
@click.option("--reply-to", multiple=True, help="Where answers go; may be repeated.")
@click.option("--subject", default="", help="The subject.")
@click.option("--text", help="The plain text; '-' reads standard input.")
@click.option("--html", help="The HTML.")
@click.option(
    "--attach",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file to attach; may be repeated.",
)
@click.option("--tag", "tags", multiple=True, help="A tag to find it by; may be repeated.")
@click.option("--priority", type=click.Choice(["high", "normal", "low"]), help="The lane.")
@click.option("--send-at", help="When it is first due: RFC 3339, with Z or an offset.")
@click.option("--wait", is_flag=True, help="Wait until every recipient's way has ended.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--url", envvar="PILLARBOX_URL", help="The API. [PILLARBOX_URL]")
@click.option("--key", envvar="PILLARBOX_API_KEY", help="The API key. [PILLARBOX_API_KEY]")
def send(
    *,
    sender: str,
    to: Sequence[str],
    cc: Sequence[str],
    bcc: Sequence[str],
    reply_to: Sequence[str],
    subject: str,
    text: str | None,
    html: str | None,
    attach: Sequence[Path],
    tags: Sequence[str],
    priority: str | None,
    send_at: str | None,
    wait: bool,
    as_json: bool,
    url: str | None,
    key: str | None,
) -> None:
    """Send one message, and with --wait see what becomes of it.

    With --wait the exit status is 0 only if every recipient's mail was sent.
    """
    if text == "-" or (text is None and html is None):
        text = sys.stdin.read()
    document: dict[str, Any] = {
        "from": sender,
        "to": list(to),
        "cc": list(cc),
        "bcc": list(bcc),
        "reply_to": list(reply_to),
        "subject": subject,
        "text": text,
        "html": html,
        "attachments": [_attachment(path) for path in attach],
        "tags": list(tags),
        "priority": priority,
        "send_at": send_at,
    }
    client = Client(url, key)
    message = client.post("/v1/messages", {name: each for name, each in document.items() if each})
    if wait:
        message = wait_for_end(client, message["id"], quiet=as_json)
    tell(message, as_json=as_json, waited=wait)


def _attachment(path: Path) -> dict[str, str]:
    kind, encoding = mimetypes.guess_type(path.name)
    return {
        "filename": path.name,
        "content_type": kind if kind and not encoding else "application/octet-stream",
        "content": base64.b64encode(path.read_bytes()).decode("ascii"),
    }
