"""A message as RFC 5322 bytes, the same bytes each time.

Rules of this file:

1. 7-bit: no relay needs 8BITMIME for what is built here. SMTPUTF8 is needed if
   an address in a header field has a non-ASCII local part, and only then.
2. Everything that could differ between two builds is in the content: Date and
   Message-ID as fixed at acceptance, boundaries from the message's id.
3. What stands in the bytes is what was asked for: no Bcc, no field from the
   inside of another, no name of the software.
"""

from pillarbox.domain.message import Attachment, Content
from pillarbox.mime.attachments import attachment_part
from pillarbox.mime.bodies import text_body
from pillarbox.mime.entity import Entity, Multipart, Part, write
from pillarbox.mime.headers import message_headers, needs_smtputf8

__all__ = ["build", "needs_smtputf8"]

_TEXT = ("text/plain; charset=utf-8",)
_HTML = ("text/html; charset=utf-8",)


def build(content: Content) -> bytes:
    """Return the message, lines ended by CRLF; a last line is ended only if the body ends it.

    Text and html become multipart/alternative, images with a Content-ID
    multipart/related around the html (RFC 2387), other attachments
    multipart/mixed around all. Raises `UnbuildableError`, which names the field
    at fault, for what validation should have kept out.
    """
    head = "".join(message_headers(content)) + "MIME-Version: 1.0\r\n"
    return write(_entity(content), head, content.message_id)


def _entity(content: Content) -> Entity:
    inline: list[Part] = []
    attached: list[Part] = []
    for index, attachment in enumerate(content.attachments):
        part = attachment_part(attachment, index)
        (inline if _is_inline(attachment, content) else attached).append(part)
    shown = _shown(content, inline)
    if not attached:
        return shown or Part(_TEXT, text_body("", "text"))
    return Multipart("mixed", (shown, *attached) if shown else tuple(attached))


def _shown(content: Content, inline: list[Part]) -> Entity | None:
    """Return what a reader sees first: the text, the html with its images, or a choice of them."""
    text = None if content.text is None else Part(_TEXT, text_body(content.text, "text"))
    if content.html is None:
        return text
    html: Entity = Part(_HTML, text_body(content.html, "html"))
    if inline:
        html = Multipart("related", (html, *inline), ('type="text/html";',))
    return html if text is None else Multipart("alternative", (text, html))


def _is_inline(attachment: Attachment, content: Content) -> bool:
    """Without html there is nothing that an image could stand in."""
    return attachment.content_id is not None and content.html is not None
