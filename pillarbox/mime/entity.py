"""MIME entities (RFC 2045 2.4): parts with a body, and multiparts of such parts.

A boundary is made from the message's id, so that the same content gives the
same bytes. It begins with `=_`, which neither quoted-printable nor base64 can
contain (RFC 2045 6.7); parts that travel as they are get looked through.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pillarbox.mime.bodies import Body, TransferEncoding
from pillarbox.mime.folding import fold

_DIGEST_OCTETS = 12


@dataclass(frozen=True, slots=True)
class Part:
    """An entity with a body: the words of its Content-Type, its further fields, its body."""

    content_type: Sequence[str]
    body: Body
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Multipart:
    """An entity of entities; `subtype` as in `multipart/subtype` (RFC 2046 5.1)."""

    subtype: str
    parts: tuple["Entity", ...]
    words: tuple[str, ...] = field(default=())


Entity: TypeAlias = Part | Multipart


def write(entity: Entity, head: str, message_id: str) -> bytes:
    """Return the octets of a message: `head`, the entity's own fields, and its body."""
    pieces: list[bytes] = [head.encode()]
    _write(entity, boundary_stem(entity, message_id), pieces)
    return b"".join(pieces)


def boundary_stem(entity: Entity, message_id: str) -> str:
    """Return what all boundaries of this message begin with, and no part contains."""
    attempt = 0
    while True:
        seed = f"{message_id}/{attempt}".encode()
        stem = "=_" + hashlib.blake2b(seed, digest_size=_DIGEST_OCTETS).hexdigest()
        mark = stem.encode()
        if not any(mark in piece for piece in _plain_pieces(entity)):
            return stem
        attempt += 1


def _plain_pieces(entity: Entity) -> Iterator[bytes]:
    if isinstance(entity, Multipart):
        for part in entity.parts:
            yield from _plain_pieces(part)
    elif entity.body.encoding is TransferEncoding.SEVEN_BIT:
        yield from entity.body.pieces


def _write(entity: Entity, stem: str, pieces: list[bytes]) -> None:
    if isinstance(entity, Part):
        fields = fold("Content-Type", entity.content_type) + "".join(entity.fields)
        encoding = f"Content-Transfer-Encoding: {entity.body.encoding}\r\n\r\n"
        pieces.append((fields + encoding).encode())
        pieces.extend(entity.body.pieces)
        return
    # no two levels of one message have the same subtype, and none is another's beginning
    boundary = f"{stem}_{entity.subtype}"
    words = [f"multipart/{entity.subtype};", *entity.words, f'boundary="{boundary}"']
    pieces.append((fold("Content-Type", words) + "\r\n").encode())
    delimiter = f"--{boundary}\r\n".encode()
    for position, part in enumerate(entity.parts):
        pieces.append(b"\r\n" + delimiter if position else delimiter)
        _write(part, stem, pieces)
    pieces.append(f"\r\n--{boundary}--\r\n".encode())
