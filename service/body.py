"""Reading a request's body: its media type, its encoding, its size, and then its bytes."""

import zlib
from collections.abc import Iterator
from typing import IO

from flask import Request, current_app
from gunicorn.http.errors import ParseException

from service import problems
from service.failures import RefusedError
from service.faults import Faults
from service.json_document import Json, MalformedJsonError, parse_json
from service.json_tokens import MAX_TOKENS, has_crowds
from service.room import LARGE_OCTETS, NoRoomError, Place
from service.services import Services
from service.timely_socket import SlowClientError

JSON_MEDIA_TYPE = "application/json"

MAX_ACTION_OCTETS = 100_000
"""An action says little in its body, or nothing: the recipients of one message at the most."""

_CHUNK = 1 << 20
_PLACE = "pillarbox.place"
"""In a request's environ: what it has of the process's room for large bodies."""
_GZIP_WINDOW = 31
"""zlib's word for: a gzip header and trailer around a window of 32 KiB (RFC 1952)."""


def read_json(request: Request, max_bytes: int, faults: Faults) -> Json:
    """Return the JSON document that is the request's body.

    Raises `RefusedError`: 415 for another media type or encoding, 413 for more
    than `max_bytes` octets after inflation or more values than anybody means,
    408 if the rest of the body does not come, 503 if there is no room for a large
    one, 400 for what is not JSON.
    """
    _check_media_type(request)
    body = read_body(request, max_bytes)
    text = _text(body)
    del body  # or a large attachment would be here three times while it is parsed
    return _parsed(text, faults)


def parse_body(body: bytes | bytearray, faults: Faults) -> Json:
    """Return the JSON document that these octets are, or raise `RefusedError` as `read_json`."""
    return _parsed(_text(body), faults)


def read_optional_json(request: Request, max_bytes: int, faults: Faults) -> Json:
    """Return the JSON document that is the body; None for an empty one, of any content type."""
    body = read_body(request, max_bytes)
    if not body.strip():
        return None
    _check_media_type(request)
    return parse_body(body, faults)


def refuse_body(request: Request, faults: Faults) -> None:
    """Note a fault for a body that says something; an empty object says nothing."""
    if b"".join(read_body(request, MAX_ACTION_OCTETS).split()) not in {b"", b"{}"}:
        faults.in_body((), "body.unexpected", "wants no body")


def read_body(request: Request, max_bytes: int) -> bytes | bytearray:
    """Return the body's octets, inflated if they came compressed."""
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise RefusedError(
            problems.UNSUPPORTED_CONTENT_ENCODING,
            "the body is taken as it is or compressed with gzip, once",
            {"Accept-Encoding": "gzip, identity"},
        )
    if (request.content_length or 0) > max_bytes:
        raise _too_large(max_bytes)
    plain = coding in {"", "identity"}
    announced = request.content_length if plain else None
    place = None
    if announced is not None and announced > LARGE_OCTETS:
        place = _take_room(request, announced)
    received = _received(request.stream, request.content_length)
    read = received if plain else _inflate(received, max_bytes)
    body: bytes | bytearray = b""
    for piece in read:
        if len(body) + len(piece) > max_bytes:
            raise _too_large(max_bytes)
        if place is None and len(body) + len(piece) > LARGE_OCTETS:
            place = _take_room(request, max_bytes)  # what it will be nobody has said
        if not body:
            body = piece  # mostly the only one
        elif isinstance(body, bytearray):
            body += piece
        else:
            body = bytearray(body) + piece  # grows where it is: pieces to join would be twice it
    if place is not None:
        place.keep(len(body))
    return body


def leave_room(request: Request) -> None:
    """Let others have the room of a request that has ended."""
    place = request.environ.pop(_PLACE, None)
    if place is not None:
        place.leave()


def _take_room(request: Request, octets: int) -> Place:
    services: Services = current_app.extensions["pillarbox"]
    try:
        place = services.room.take(octets)
    except NoRoomError:
        raise RefusedError(
            problems.TOO_MANY_LARGE_REQUESTS, "as many large bodies as there is room for are here"
        ) from None
    request.environ[_PLACE] = place
    return place


def _text(body: bytes | bytearray) -> str:
    if has_crowds(body):
        raise RefusedError(
            problems.REQUEST_TOO_LARGE,
            f"the body has more than {MAX_TOKENS} names, values, objects and arrays",
        )
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise RefusedError(problems.MALFORMED_BODY, f"not UTF-8 at octet {error.start}") from error


def _parsed(text: str, faults: Faults) -> Json:
    try:
        return parse_json(text, faults)
    except MalformedJsonError as error:
        raise RefusedError(problems.MALFORMED_BODY, str(error)) from error


def _check_media_type(request: Request) -> None:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != JSON_MEDIA_TYPE or charset not in {"utf-8", "utf8", "us-ascii"}:
        raise RefusedError(
            problems.UNSUPPORTED_MEDIA_TYPE,
            f"the body must be {JSON_MEDIA_TYPE}, in UTF-8",
            {"Accept": JSON_MEDIA_TYPE},
        )


def _received(stream: IO[bytes], announced: int | None) -> Iterator[bytes]:
    octets = 0
    try:
        while piece := stream.read(_CHUNK):
            octets += len(piece)
            yield piece
    except SlowClientError as error:
        raise RefusedError(
            problems.REQUEST_TIMEOUT, "the rest of the body did not come in time"
        ) from error
    except (OSError, ParseException) as error:
        raise RefusedError(problems.BAD_REQUEST, "the body's chunks cannot be read") from error
    if announced is not None and octets < announced:
        # What came may be a whole document by chance; who sent it did not mean it.
        raise RefusedError(problems.BAD_REQUEST, "the body ended before its Content-Length")


def _inflate(pieces: Iterator[bytes], max_bytes: int) -> Iterator[bytes]:
    """Yield what gzip members hold, never more than a chunk or the limit at a time (a bomb)."""
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    between_members = False
    try:
        for piece in pieces:
            data = piece
            while data:
                if inflater.eof:
                    inflater = zlib.decompressobj(_GZIP_WINDOW)
                yield inflater.decompress(data, min(_CHUNK, max_bytes + 1))
                data = inflater.unconsumed_tail or inflater.unused_data
                between_members = inflater.eof
    except zlib.error as error:
        raise RefusedError(problems.MALFORMED_BODY, "the body is not gzip") from error
    if not between_members:
        raise RefusedError(problems.MALFORMED_BODY, "the gzip body ends before it is whole")


def _too_large(max_bytes: int) -> RefusedError:
    return RefusedError(
        problems.REQUEST_TOO_LARGE, f"the body is larger, inflated, than {max_bytes} octets"
    )
