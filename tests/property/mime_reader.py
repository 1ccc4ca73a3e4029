"""Reading a message back: by the standard library, and by the letter of RFC 5322."""

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import getaddresses

_POLICY = policy.default.clone(utf8=True)


def parsed(data: bytes) -> EmailMessage:
    """Read with the modern policy."""
    message = message_from_bytes(data, policy=_POLICY)
    assert isinstance(message, EmailMessage)
    return message


def raw_fields(data: bytes) -> list[tuple[str, str]]:
    """Unfold the header by RFC 5322 2.2.3 alone, without any parser's opinions."""
    head = data.partition(b"\r\n\r\n")[0].decode()
    unfolded = re.sub(r"\r\n(?=[ \t])", "", head)
    split = [line.partition(":") for line in unfolded.split("\r\n")]
    return [(name, value.removeprefix(" ")) for name, _, value in split]


def custom_values(data: bytes) -> list[tuple[str, str]]:
    """Return the caller's own fields, which stand between Message-ID and MIME-Version."""
    fields = raw_fields(data)
    names = [name for name, _ in fields]
    return fields[names.index("Message-ID") + 1 : names.index("MIME-Version")]


def decoded(value: str) -> str:
    """Decode encoded-words (RFC 2047)."""
    return str(make_header(decode_header(value)))


def leaves(data: bytes) -> list[Message]:
    """Return the parts that hold something, in order, read with the old policy."""
    return [part for part in message_from_bytes(data).walk() if not part.is_multipart()]


def payload(part: Message) -> bytes:
    """Undo a part's transfer encoding."""
    octets = part.get_payload(decode=True)
    assert isinstance(octets, bytes)
    return octets


def names_and_addresses(data: bytes, field: str) -> list[tuple[str, str]]:
    """Read an address list as display names and addresses, UTF-8 included (RFC 6532).

    With the old parser: the modern one puts a space between the encoded-words
    of a phrase (cpython gh-128110), where RFC 2047 6.2 has none.
    """
    values = [value for name, value in raw_fields(data) if name == field]
    return [(decoded(name), address) for name, address in getaddresses(values)]


def with_crlf(text: str) -> str:
    """Say every line end as CRLF."""
    return re.sub("\r\n|\r|\n", "\r\n", text)
