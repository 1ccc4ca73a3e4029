"""A body's media type, encoding, size and JSON, before anything in it is looked at."""

import gzip
import zlib
from functools import partial

import orjson
import pytest

from service.services import Limits
from tests.fakes.services import World
from tests.unit.service.caller import LETTER, Caller, slug

BODY = orjson.dumps(LETTER)
GZIP = {"Content-Encoding": "gzip"}
_gzip = partial(gzip.compress, mtime=0)  # a member's time is in the names of tests: one for all


@pytest.fixture
def world() -> World:
    return World(limits=Limits(max_request_bytes=1000))


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/jsonp",
        "application/merge-patch+json",
        "application/json; charset=iso-8859-1",
        "nonsense",
        "",
    ],
)
def test_another_media_type_is_415_and_told_which_is_taken(
    caller: Caller, content_type: str
) -> None:
    response = caller.post(BODY, {"Content-Type": content_type})

    assert (415, "unsupported-media-type") == (response.status_code, slug(response))
    assert "application/json" == response.headers["Accept"]


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "APPLICATION/JSON", 'application/json; charset="UTF-8"'],
)
def test_json_is_taken_however_it_is_written(caller: Caller, content_type: str) -> None:
    assert 202 == caller.post(BODY, {"Content-Type": content_type}).status_code


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_another_encoding_is_415_and_told_which_is_taken(caller: Caller, coding: str) -> None:
    response = caller.post(BODY, {"Content-Encoding": coding})

    assert (415, "unsupported-content-encoding") == (response.status_code, slug(response))
    assert "gzip, identity" == response.headers["Accept-Encoding"]


@pytest.mark.parametrize("body", [_gzip(BODY), _gzip(BODY[:9]) + _gzip(BODY[9:])])
def test_a_compressed_body_is_read_member_by_member(caller: Caller, body: bytes) -> None:
    """RFC 1952 2.2: a gzip file is a series of members."""
    assert 202 == caller.post(body, GZIP).status_code


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        BODY,
        _gzip(BODY)[:-1],
        _gzip(BODY)[:-8] + b"12345678",
        _gzip(BODY) + b"x",
        zlib.compress(BODY),
    ],
)
def test_what_is_not_gzip_is_400(caller: Caller, body: bytes) -> None:
    response = caller.post(body, GZIP)

    assert (400, "malformed-body") == (response.status_code, slug(response))


def test_a_bomb_goes_no_further_than_the_limit(caller: Caller) -> None:
    """The limit holds after inflation, and while inflating."""
    bomb = _gzip(b" " * 10_000_000)

    response = caller.post(bomb, GZIP)

    assert (413, "request-too-large") == (response.status_code, slug(response))


@pytest.mark.parametrize(("octets", "status"), [(1000, 202), (1001, 413)])
def test_a_body_larger_than_the_limit_is_413(caller: Caller, octets: int, status: int) -> None:
    padded = BODY + b" " * (octets - len(BODY))

    assert status == caller.post(padded).status_code
    assert status == caller.post(_gzip(padded), GZIP).status_code


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"a":}',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":1}{}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":01}',
        b'{"a":"\n"}',
        b'{"a":1,"a":1}',
        b'{"from":{"email":"a@b.test","email":"a@b.test"}}',
        b'{"a":null,"a":1}',
        b'{"\xff":1}',
        '{"a":"ä"}'.encode("latin-1"),
        '{"a":1}'.encode("utf-16"),
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\xed\xa0\x80"}',
    ],
)
def test_what_is_not_json_is_400(caller: Caller, body: bytes) -> None:
    response = caller.post(body)

    assert (400, "malformed-body") == (response.status_code, slug(response))
