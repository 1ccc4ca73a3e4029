"""Conditional requests (RFC 9110 13): what a caller has already, and what it expects to find."""

from flask import Response, request

from service import problems
from service.failures import RefusedError


def answer_conditionally(response: Response) -> Response:
    """Leave out what the caller has: 304 where If-None-Match names the answer's ETag.

    Raises `RefusedError` (412) where If-Match names only others (13.1.1, 13.2.2).
    """
    etag, _ = response.get_etag()
    if etag is None:
        raise AssertionError(response)
    # Not werkzeug's own way: it answers 412 with the body that the caller did not want.
    if request.if_match and not request.if_match.contains(etag):
        raise RefusedError(problems.PRECONDITION_FAILED, problems.PRECONDITION_FAILED.meaning)
    if request.if_none_match.contains_weak(etag):
        response.status_code = 304
    return response
