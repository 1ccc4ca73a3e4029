"""The one table of what is answered: from an error, a status or a slug to its problem (RFC 9457).

1. Every `PillarboxError` has its place in `OF_ERROR`, every status that the
   framework or the web server answers with in `OF_STATUS`.
2. A problem that is in none of these tables can be answered by nobody; a test looks.
"""

from pillarbox.domain import errors
from service import problems

OF_ERROR: dict[type[errors.PillarboxError], problems.Problem] = {
    errors.InvalidInputError: problems.INVALID_INPUT,
    errors.UnauthenticatedError: problems.UNAUTHENTICATED,
    errors.ScopeMissingError: problems.SCOPE_MISSING,
    errors.SenderNotAllowedError: problems.SENDER_NOT_ALLOWED,
    errors.NotFoundError: problems.NOT_FOUND,
    errors.ContentPurgedError: problems.CONTENT_PURGED,
    errors.IdempotencyKeyReusedError: problems.IDEMPOTENCY_KEY_REUSED,
    errors.IdempotencyKeyBusyError: problems.IDEMPOTENCY_KEY_BUSY,
    errors.MessageTooLargeError: problems.MESSAGE_TOO_LARGE,
    errors.BatchRefusedError: problems.BATCH_REFUSED,
    errors.BatchTooLargeError: problems.REQUEST_TOO_LARGE,
    errors.NothingToCancelError: problems.NOTHING_TO_CANCEL,
    errors.NothingToRetryError: problems.NOTHING_TO_RETRY,
    errors.StoreUnavailableError: problems.STORE_UNAVAILABLE,
}

OF_STATUS: dict[int, problems.Problem] = {
    problem.status: problem
    for problem in (
        problems.BAD_REQUEST,
        problems.FORBIDDEN,
        problems.NOT_FOUND,
        problems.METHOD_NOT_ALLOWED,
        problems.REQUEST_TIMEOUT,
        problems.PRECONDITION_FAILED,
        problems.REQUEST_TOO_LARGE,
        problems.URI_TOO_LONG,
        problems.EXPECTATION_FAILED,
        problems.HEADERS_TOO_LARGE,
        problems.INTERNAL_ERROR,
        problems.NOT_IMPLEMENTED,
    )
}
"""For what the framework and the web server refuse by a status alone."""

_OF_THE_SERVICE = (
    problems.MALFORMED_BODY,
    problems.UNSUPPORTED_MEDIA_TYPE,
    problems.UNSUPPORTED_CONTENT_ENCODING,
    problems.TOO_MANY_LARGE_REQUESTS,
    problems.NOT_READY,
)

BY_SLUG: dict[str, problems.Problem] = {
    problem.slug: problem for problem in (*OF_STATUS.values(), *OF_ERROR.values(), *_OF_THE_SERVICE)
}
