"""Attachments as MIME parts.

A file arrives as it was given: base64, whatever its type. `message/*` is the
exception, since RFC 2046 5.2.1 (and RFC 3464, RFC 8098) allow no encoding
there: it goes out as it is, line ends made CRLF, if 7-bit SMTP can carry that,
and else under `application/octet-stream`, named by its file name.
`message/global` may be encoded (RFC 6532 3.7).
"""

from pillarbox.domain.message import Attachment
from pillarbox.mime.bodies import base64_body, seven_bit_body
from pillarbox.mime.control_characters import has_control_character
from pillarbox.mime.entity import Part
from pillarbox.mime.errors import UnbuildableError
from pillarbox.mime.folding import fold
from pillarbox.mime.identifiers import CONTENT_ID
from pillarbox.mime.parameters import disposition_parameters, name_words, split_content_type

OPAQUE = "application/octet-stream"

_ENCODABLE_MESSAGE = "message/global"


def attachment_part(attachment: Attachment, index: int) -> Part:
    """Return the part of an attachment; `index` names it in `UnbuildableError`."""
    field = f"attachments/{index}"
    split = split_content_type(attachment.content_type)
    if split is None or split[0].startswith("multipart/"):
        raise UnbuildableError(f"{field}/content_type", "not a type that a file can have")
    if has_control_character(attachment.filename):
        raise UnbuildableError(f"{field}/filename", "holds a control character")
    media_type, parameters = split
    words = [media_type, *_kept(parameters)]
    body = None
    if media_type.startswith("message/") and media_type != _ENCODABLE_MESSAGE:
        body = seven_bit_body(attachment.content)
        if body is None:
            words = [OPAQUE]
    named = name_words(attachment.filename) if attachment.filename else []
    return Part(
        [*_separated(words, last=not named), *named],
        body or base64_body(attachment.content),
        _fields(attachment, field),
    )


def _fields(attachment: Attachment, field: str) -> tuple[str, ...]:
    content_id = attachment.content_id
    words = ["attachment" if content_id is None else "inline"]
    if attachment.filename:
        words += disposition_parameters(attachment.filename)
    disposition = fold("Content-Disposition", _separated(words))
    if content_id is None:
        return (disposition,)
    if CONTENT_ID.fullmatch(content_id) is None:
        raise UnbuildableError(f"{field}/content_id", "not an identifier")
    return (disposition, fold("Content-ID", [f"<{content_id}>"]))


def _kept(parameters: list[tuple[str, str]]) -> list[str]:
    """Return the caller's parameters but `name`, which the file name gives."""
    return [
        f"{name}={value}" for name, value in parameters if name != "name" and name[:5] != "name*"
    ]


def _separated(words: list[str], *, last: bool = True) -> list[str]:
    """Put semicolons between a value and its parameters; after the last too unless it is one."""
    separated = [f"{word};" for word in words]
    if last:
        separated[-1] = words[-1]
    return separated
