"""How large a message becomes, without building it.

The bound takes the worse of the encodings that the builder chooses between. It
is cheap (nothing is encoded but names to count their octets) and never below
the size of the built bytes, which is what a limit needs.
"""

from pillarbox.domain.address import Mailbox
from pillarbox.domain.message import Attachment, Content
from pillarbox.mime.builder import build

_STRUCTURE = 1536
"""Date, MIME fields, three boundaries with their fields, folds."""
_PART = 512
"""The fields and the delimiter of an attachment, but for what the caller named."""
_FIELD = 64
"""The delimiters, the fold and the shortest words of one field."""


def size_bound(content: Content) -> int:
    """Return octets that `len(build(content))` does not exceed.

    At most about 1.6 times the size for ordinary content, and 4 KiB.
    """
    boxes = (content.sender, *content.to, *content.cc, *content.reply_to)
    return (
        _STRUCTURE
        + len(content.internet_message_id)
        + sum(map(_mailbox_bound, boxes))
        + _words_bound(content.subject)
        + sum(len(name) + _words_bound(value) for name, value in content.headers)
        + _text_bound(content.text or "")
        + _text_bound(content.html or "")
        + sum(map(_attachment_bound, content.attachments))
    )


def measured_size(content: Content, limit: int) -> int:
    """Return the bound if it is within `limit`, else the size itself, at the cost of building."""
    bound = size_bound(content)
    return bound if bound <= limit else len(build(content))


def base64_length(octets: int) -> int:
    """Return the length of so many octets in lines of 76 letters, each ended by CRLF."""
    letters = -(-octets // 3) * 4
    return letters + 2 * -(-letters // 76)


def _octets(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def _words_bound(text: str) -> int:
    """Encoded-words: a third more, and 15 octets of delimiters and fold for each 36 or more."""
    return _FIELD + 2 * _octets(text)


def _mailbox_bound(box: Mailbox) -> int:
    return _words_bound(box.name) + _octets(box.address.wire)


def _text_bound(text: str) -> int:
    """Base64, or quoted-printable: a third more for escapes, a soft break each 72 octets.

    Each line end may grow by one octet to CRLF, and a blank or a dot before it
    by two to its escape.
    """
    lines = text.count("\n") + text.count("\r") + 1
    octets = _octets(text) + lines
    return base64_length(octets) + octets // 16 + 2 * lines


def _attachment_bound(attachment: Attachment) -> int:
    content = attachment.content
    body = base64_length(len(content))
    if attachment.content_type.lower().startswith("message/"):
        body = max(body, len(content) + content.count(b"\n") + content.count(b"\r"))
    named = 8 * _octets(attachment.filename) + len(attachment.content_id or "")
    return _PART + body + named + 2 * len(attachment.content_type)
