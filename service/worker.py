"""gunicorn's threaded worker, with manners of our own.

1. What the web server itself refuses is a problem document too (RFC 9457).
2. A request has to arrive within a time; a slow client is answered 408.
3. Without its parent it lets go of the port at once: who connects to it would
   wait for an answer in vain, and who is to follow it could not listen.
4. A signal to end that came before it had handlers is heeded then.
"""

import socket

import structlog
from gunicorn.http import errors

from service import problem_document, problems
from service.master import heed_held_back
from service.patient_worker import PatientWorker
from service.problems import Problem
from service.request_context import REQUEST_ID_HEADER, choose_request_id
from service.timely_socket import HeadTooLargeError, SlowClientError

_log = structlog.get_logger("pillarbox.http")

_PROBLEMS: tuple[tuple[type[Exception], Problem], ...] = (
    (SlowClientError, problems.REQUEST_TIMEOUT),
    (errors.LimitRequestLine, problems.URI_TOO_LONG),
    (errors.LimitRequestHeaders, problems.HEADERS_TOO_LARGE),
    (HeadTooLargeError, problems.HEADERS_TOO_LARGE),
    (errors.ExpectationFailed, problems.EXPECTATION_FAILED),
    (errors.UnsupportedTransferCoding, problems.NOT_IMPLEMENTED),
    (errors.ForbiddenProxyRequest, problems.FORBIDDEN),
    # A header that we tried to send is our fault, whatever its class is derived from.
    (errors.InvalidResponseHeader, problems.INTERNAL_ERROR),
    (errors.InvalidResponseHeaderName, problems.INTERNAL_ERROR),
    (errors.ConfigurationProblem, problems.INTERNAL_ERROR),
    (errors.ParseException, problems.BAD_REQUEST),
)
"""In order: the first class that fits."""


class ProblemWorker(PatientWorker):
    """A worker process that serves with threads."""

    def init_signals(self) -> None:
        """Set the handlers, and hear what came before them."""
        super().init_signals()
        heed_held_back()

    def is_parent_alive(self) -> bool:
        """Whether there is still a parent; without one nothing more is accepted."""
        if super().is_parent_alive():
            return True
        self.alive = False  # each connection is told that its next answer is the last
        self.set_accept_enabled(False)
        return False

    def handle_error(
        self, req: object, client: socket.socket, _addr: object, exc: BaseException
    ) -> None:
        """Answer for what went wrong outside the application; the connection ends with it."""
        if isinstance(exc, SlowClientError) and req is not None:
            return  # it has its answer already, and its rest did not come
        problem = problem_of(exc)
        request_id = choose_request_id(_offered_id(req))
        event = "http_request_failed" if problem is problems.INTERNAL_ERROR else "http_refused"
        # Not the error's text: it repeats what the client sent, its key perhaps.
        _log.warning(
            event, status=problem.status.value, error=type(exc).__name__, request_id=request_id
        )
        body = problem_document.render(
            problem,
            public_url=self.wsgi.extensions["pillarbox"].public_url,
            request_id=request_id,
            detail=problem.meaning,
        )
        try:
            client.sendall(_head(problem, request_id, len(body)) + body)
        except OSError as error:
            _log.debug("http_answer_unsent", error=type(error).__name__)


def problem_of(exc: BaseException) -> Problem:
    """Look up what an error outside the application is to its caller."""
    return next(
        (problem for kind, problem in _PROBLEMS if isinstance(exc, kind)), problems.INTERNAL_ERROR
    )


def _offered_id(req: object) -> str | None:
    headers = getattr(req, "headers", ())
    return next((value for name, value in headers if name == REQUEST_ID_HEADER.upper()), None)


def _head(problem: Problem, request_id: str, length: int) -> bytes:
    lines = [
        f"HTTP/1.1 {problem.status.value} {problem.status.phrase}",
        f"Content-Type: {problem_document.MEDIA_TYPE}",
        f"Content-Length: {length}",
        f"{REQUEST_ID_HEADER}: {request_id}",
        "Cache-Control: private, no-cache",
        "Connection: close",
    ]
    if problem.retry_after is not None:
        lines.append(f"Retry-After: {problem.retry_after}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")
