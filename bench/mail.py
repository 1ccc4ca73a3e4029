"""The one mail that every system is asked to send: 4 KB of text and html, one recipient.

The mails of a run differ only in the number in their recipient, which has a fixed
width: so a request is pieces that are rendered once, with numbers between them.
"""

import json
from collections.abc import Iterator
from email.message import EmailMessage
from itertools import islice

OCTETS = 4096
"""Of text and html together, in UTF-8; a line more or less."""

_WIDTH = 8
_LINE = "{}\n"
_ENTRY = "<li>{}</li>\n"
_GREETING = "Thank you for your order. This is what you have bought from us today:"


def recipient(number: int) -> str:
    """Return the address that the mail of this number goes to."""
    return f"customer-{number:0{_WIDTH}d}@example.com"


def document(to: str) -> dict[str, object]:
    """Return the mail as the callers of every system post it."""
    head = f"<!doctype html><html><body><h1>Receipt</h1><p>{_GREETING}</p><ul>"
    foot = "</ul></body></html>"
    half = OCTETS // 2
    return {
        "from": "Acme Billing <billing@acme.test>",
        "to": [to],
        "subject": "Your receipt from Acme",
        "text": f"{_GREETING}\n\n{_items(_LINE, half - len(_GREETING))}",
        "html": head + _items(_ENTRY, half - len(head) - len(foot)) + foot,
    }


def requests(
    path: str, authorization: str | None, *, first: int, count: int, batch: int = 1
) -> Iterator[bytes]:
    """Render POST requests for `count` mails, to recipients numbered from `first`.

    Each is ready for a socket, and holds `batch` mails whole: one as a document,
    several as the list of a batch. The last holds what is left.
    """
    one = json.dumps(document(recipient(0)), ensure_ascii=False).encode()
    before, after = one.split(b"0" * _WIDTH + b"@")
    numbers = iter(range(first, first + count))
    while places := list(islice(numbers, batch)):
        mails = [b"%b%0*d@%b" % (before, _WIDTH, number, after) for number in places]
        body = mails[0] if batch == 1 else b'{"messages": [%b]}' % b", ".join(mails)
        yield _head(path, authorization, len(body)) + body


def built() -> EmailMessage:
    """Return the mail as a client of the standard library would build it."""
    fields = document(recipient(0))
    message = EmailMessage()
    message["From"] = fields["from"]
    message["To"] = recipient(0)
    message["Subject"] = fields["subject"]
    message.set_content(fields["text"])
    message.add_alternative(fields["html"], subtype="html")
    return message


def _head(path: str, authorization: str | None, octets: int) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {octets}",
        *([f"Authorization: {authorization}"] if authorization else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def _items(form: str, octets: int) -> str:
    """Write as many items as these octets hold; the currency is not ASCII, as in real mail."""
    text = ""
    for place in range(1, octets):
        item = f"{place:3d}. Fountain pen, black, with a box of six cartridges: {place}.90 €"
        longer = text + form.format(item)
        if len(longer.encode()) > octets:
            break
        text = longer
    return text
