"""Every failure of a request becomes a problem document here, and nowhere else."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

import structlog
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from pillarbox.domain import errors
from pillarbox.domain.errors import Fault, PillarboxError
from service import problem_document, problem_index, problems
from service.faults import MAX_FAULTS
from service.problems import Problem
from service.request_context import current

_log = structlog.get_logger("pillarbox.http")


class RefusedError(Exception):
    """A request that the HTTP side itself refuses, with the problem to answer."""

    def __init__(
        self,
        problem: Problem,
        detail: str,
        headers: Mapping[str, str] | None = None,
        *,
        faults: Sequence[Fault] = (),
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.headers = headers or {}
        self.faults = faults
        self.members = members


class Failed(NamedTuple):
    """The answer to an error, ready to be written."""

    status: HTTPStatus
    headers: Sequence[tuple[str, str]]
    body: bytes


class Explanation(NamedTuple):
    """What is answered to an error: its problem, and what is said beside that."""

    problem: Problem
    detail: str
    faults: Sequence[Fault] = ()
    headers: Mapping[str, str] = {}
    members: Mapping[str, object] | None = None


def register(app: Flask, public_url: str) -> None:
    """Answer everything that is raised while a request is served with a problem."""

    def handle(error: Exception) -> Response:
        failed = answer_failure(error, public_url, current().request_id)
        return Response(failed.body, failed.status.value, failed.headers)

    app.register_error_handler(Exception, handle)


def answer_failure(error: Exception, public_url: str, request_id: str) -> Failed:
    """Write the answer to an error, and log what an operator has to know of it."""
    answer = explain(error)
    if answer.problem is problems.INTERNAL_ERROR:
        _log.error("http_request_failed", exc_info=error)
    elif isinstance(error, errors.StoreUnavailableError):
        # An outage is known by its cause; a traceback for each request would bury the rest.
        _log.warning(
            "store_unavailable",
            error=str(error).partition("\n")[0],
            cause=_name_of_cause(error),
            request_id=request_id,
        )
    body = problem_document.render(
        answer.problem,
        public_url=public_url,
        request_id=request_id,
        detail=answer.detail,
        faults=answer.faults,
        members=answer.members,
    )
    headers = {
        "Content-Type": problem_document.MEDIA_TYPE,
        "Content-Length": str(len(body)),
        **answer.headers,
    }
    if answer.problem.retry_after is not None:
        headers["Retry-After"] = str(answer.problem.retry_after)
    return Failed(answer.problem.status, tuple(headers.items()), body)


def explain(error: Exception) -> Explanation:
    """Say what an error is answered with."""
    match error:
        case RefusedError():
            return Explanation(
                error.problem, error.detail, error.faults, error.headers, error.members
            )
        case PillarboxError():
            return _of_domain(error)
        case HTTPException():
            return _of_framework(error)
        case _:
            return Explanation(problems.INTERNAL_ERROR, problems.INTERNAL_ERROR.meaning)


def _of_domain(error: PillarboxError) -> Explanation:
    problem = next(
        (
            problem_index.OF_ERROR[kind]
            for kind in type(error).__mro__
            if kind in problem_index.OF_ERROR
        ),
        problems.INTERNAL_ERROR,
    )
    faults: Sequence[Fault] = ()
    headers: Mapping[str, str] = {}
    match error:
        case errors.InvalidInputError():
            faults, detail = error.faults, _count(error.faults)
        case errors.SenderNotAllowedError():
            faults, detail = error.faults, "; ".join(each.detail for each in error.faults)
        case errors.NothingToRetryError(faults=faults) if faults:
            detail = "; ".join(each.detail for each in faults)
        case errors.ScopeMissingError(scope=scope):
            detail = f"this key does not have the scope {scope}"
        case errors.NotFoundError(what=what):
            detail = f"there is no such {what}, or not for this key"
        case errors.BatchTooLargeError(limit=limit):
            detail = f"the texts of all messages together are larger than {limit} octets"
        case errors.MessageTooLargeError(limit=limit):
            detail = f"the message is larger, encoded, than {limit} octets"
        case errors.UnauthenticatedError():
            detail, headers = problem.meaning, {"WWW-Authenticate": "Bearer"}
        case _:
            detail = problem.meaning
    return Explanation(problem, detail, faults, headers)


def _of_framework(error: HTTPException) -> Explanation:
    code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    problem = problem_index.OF_STATUS.get(code)
    if problem is None:
        ours = code >= HTTPStatus.INTERNAL_SERVER_ERROR
        problem = problems.INTERNAL_ERROR if ours else problems.BAD_REQUEST
    headers = {
        name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}
    }
    return Explanation(problem, problem.meaning, headers=headers)


def _name_of_cause(error: Exception) -> str | None:
    cause = error.__cause__
    return None if cause is None else type(cause).__name__


def _count(faults: Sequence[Fault]) -> str:
    if len(faults) == 1:
        return f"there is a fault: {faults[0].detail}"
    more = " or more" if len(faults) >= MAX_FAULTS else ""
    return f"there are {len(faults)} faults{more}"
