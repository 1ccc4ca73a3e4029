"""What may be served in rounds: less than gunicorn takes, and never read otherwise."""

import pytest
from gunicorn.http.errors import ParseException
from hypothesis import given
from hypothesis import strategies as st

from service.rounds.plain_post import MAX_BODY, NoPlainPost, PlainPost, read_plain_post
from tests.unit.service.wire import parser_of

BODY = b'{"text": "hello"}'
LINES = [
    b"POST /v1/messages HTTP/1.1",
    b"Host: mail.example.com:8080",
    b"Authorization: Bearer pb_a_b",
    b"Content-Type: application/json",
    b"Content-Length: %d" % len(BODY),
]
POST = b"\r\n".join(LINES) + b"\r\n\r\n" + BODY


def _post(*more: bytes, body: bytes = BODY) -> bytes:
    return b"\r\n".join([*LINES, *more]) + b"\r\n\r\n" + body


def test_a_plain_post_is_its_header_and_its_body() -> None:
    """Names count in any case (RFC 9110 5.1)."""
    post = read_plain_post(_post(b"IDEMPOTENCY-KEY: 42"))

    assert isinstance(post, PlainPost)
    assert ("42", None) == (post.headers.get("Idempotency-Key"), post.headers.get("X-Request-Id"))
    assert (["42"], []) == (
        post.headers.getlist("idempotency-key"),
        post.headers.getlist("tracestate"),
    )
    assert BODY == post.body


def test_of_a_post_that_is_not_whole_the_rest_is_waited_for() -> None:
    """Wherever it is cut."""
    cut = {read_plain_post(POST[:length]) for length in range(len(POST))}

    assert {NoPlainPost.NOT_YET} == cut


@pytest.mark.parametrize(
    "octets",
    [
        POST.replace(b"POST ", b"PUT "),
        POST.replace(b"/v1/messages ", b"/v1/messages?a=b "),
        POST.replace(b"/v1/messages ", b"/v1/messages/batch "),
        POST.replace(b"HTTP/1.1", b"HTTP/1.0"),
        POST.replace(b"\r\n", b"\n"),
        b"\r\n" + POST,
        POST.replace(b"Host: mail.example.com:8080\r\n", b""),
        POST.replace(b"Host: mail", b"Host: ma/il"),
        POST.replace(b"Content-Type: application/json\r\n", b""),
        POST.replace(b"application/json", b"text/plain"),
        POST.replace(b"application/json", b"application/json; charset=latin-1"),
        POST.replace(b"Content-Length: 17\r\n", b""),
        POST.replace(b"Content-Length: 17", b"Content-Length: +17"),
        POST.replace(b"Content-Length: 17", b"Content-Length: 017"),
        POST.replace(b"Content-Length: 17", b"Content-Length : 17"),
        POST.replace(b"Content-Length: 17", b"Content-Length: 17, 17"),
        POST.replace(b"Content-Length: 17", b"Content-Length: 16"),
        POST.replace(b"Content-Length: 17", b"Content-Length: 999999"),
        _post(b"Content-Length: 17"),
        _post(b"Host: mail.example.com:8080"),
        _post(b"Transfer-Encoding: chunked"),
        _post(b"Transfer-Encoding: identity"),
        _post(b"Content-Encoding: gzip"),
        _post(b"Expect: 100-continue"),
        _post(b"Connection: close"),
        _post(b"Upgrade: h2c"),
        _post(b"X_Request_Id: a"),
        _post(b"X-Odd: a"),
        _post(b"Accept: a\r\n b"),
        _post(b"Accept: a\x00b"),
        _post(b"Accept: a\rb"),
        _post(b"Accept: \xe4"),
        _post(b"Accept:"),
        POST + b"P",
        _post(b"User-Agent: " + b"a" * 8190),
    ],
)
def test_anything_unusual_is_left_to_gunicorn(octets: bytes) -> None:
    """There every limit and every refusal stands, of smuggled requests above all."""
    assert NoPlainPost.NEVER is read_plain_post(octets)


def test_a_large_body_is_left_to_a_thread_of_its_own() -> None:
    body = b" " * (MAX_BODY + 1)
    octets = POST.replace(b"Content-Length: 17", b"Content-Length: %d" % len(body))

    assert NoPlainPost.NEVER is read_plain_post(octets.replace(BODY, body))


def test_a_head_without_an_end_is_left_to_gunicorn() -> None:
    assert NoPlainPost.NEVER is read_plain_post(LINES[0] + b"\r\nAccept: " + b"a" * 8190)


_PIECES = st.sampled_from(
    [
        *(b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b",", b"0", b"\0", b"\xff", b"Host: x", BODY),
        *(b"Content-Length: 17", b"Content-Length: 5", b"Transfer-Encoding: chunked", *LINES),
    ]
)


@given(st.lists(st.tuples(st.integers(0, len(POST)), st.integers(0, 30), _PIECES), max_size=3))
def test_what_is_plain_gunicorn_takes_and_reads_the_same(
    changes: list[tuple[int, int, bytes]],
) -> None:
    """Else two servers in a row would see different requests (RFC 9112 11.2)."""
    octets = POST
    for place, dropped, put in changes:
        octets = octets[:place] + put + octets[place + dropped :]
    post = read_plain_post(octets)
    if not isinstance(post, PlainPost):
        return

    try:
        request = next(parser_of(octets))
    except ParseException as error:
        raise AssertionError(octets) from error

    assert ("POST", "/v1/messages", "") == (request.method, request.path, request.query)
    assert {name.upper(): value for name, value in post.headers.items()} == dict(request.headers)
    assert post.body == request.body.read()
    assert not request.should_close()
    assert b"" == request.unreader.take_buffered()
