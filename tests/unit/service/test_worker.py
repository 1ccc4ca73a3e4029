"""What gunicorn refuses, by its own classes: each has its problem."""

import pytest
from gunicorn.http import errors

from service import problems
from service.problems import Problem
from service.timely_socket import HeadTooLargeError, SlowClientError
from service.worker import problem_of


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (SlowClientError(), problems.REQUEST_TIMEOUT),
        (errors.LimitRequestLine(9000, 8190), problems.URI_TOO_LONG),
        (errors.LimitRequestHeaders("too many"), problems.HEADERS_TOO_LARGE),
        (HeadTooLargeError(), problems.HEADERS_TOO_LARGE),
        (errors.ExpectationFailed("tea"), problems.EXPECTATION_FAILED),
        (errors.UnsupportedTransferCoding("brotli"), problems.NOT_IMPLEMENTED),
        (errors.ForbiddenProxyRequest("host"), problems.FORBIDDEN),
        (errors.InvalidRequestLine("x"), problems.BAD_REQUEST),
        (errors.InvalidHeader("x"), problems.BAD_REQUEST),
        (errors.InvalidChunkSize(b"x"), problems.BAD_REQUEST),
        (errors.InvalidResponseHeader("x"), problems.INTERNAL_ERROR),
        (errors.ConfigurationProblem("x"), problems.INTERNAL_ERROR),
        (RuntimeError("x"), problems.INTERNAL_ERROR),
    ],
)
def test_an_error_has_its_problem(error: Exception, problem: Problem) -> None:
    assert problem is problem_of(error)
