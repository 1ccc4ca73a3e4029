"""Answers plain POSTs to `/v1/messages` many at a time: one commit for all of a round.

1. What a request means is read, checked, committed, counted and logged by the
   very functions that the Flask resource calls; only what lies between them is
   different: no request object, no routing, no response object.
2. Only two answers are made here: the 202, and the 503 of a store that is away,
   after which nothing may be tried again. Whatever else is to be answered, is
   Flask's: nothing of that request is stored, and it is asked from the start.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import NamedTuple

from gunicorn import SERVER
from gunicorn.util import http_date

from pillarbox.domain.errors import StoreUnavailableError, UnauthenticatedError
from pillarbox.domain.key import Scope
from pillarbox.flows.accept import Answer, Prepared
from service.answered import Answered
from service.auth import bearer_token
from service.body import parse_body
from service.default_headers import add_default_headers
from service.failures import answer_failure
from service.faults import Faults
from service.idempotency import identify, read_idempotency_key
from service.messages.committed_response import committed_headers, path_under
from service.messages.log_fields import log_fields
from service.messages.mapping import read_submission
from service.messages.rendering import render_accepted
from service.messages.resources import PATH
from service.request_context import REQUEST_ID_HEADER, RequestContext, choose_request_id, read_trace
from service.rounds.plain_post import PlainPost
from service.services import Services


class _Seated(NamedTuple):
    """A request that is ready to be committed."""

    context: RequestContext
    prepared: Prepared


class Desk:
    """Answers rounds; used by one thread."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._answered = Answered(services.observe_request)
        self._path = path_under(services.public_url, PATH)
        self._date = _Date(time.time)

    def answer(self, posts: Sequence[PlainPost]) -> list[bytes | None]:
        """Return the answer to each, as it goes on the wire; None where Flask is to answer."""
        seated = [self._seat(post) for post in posts]
        ready = [each for each in seated if each is not None]
        if not ready:
            return [None] * len(posts)
        outcomes = iter(self._services.acceptor.commit([each.prepared for each in ready]))
        return [None if each is None else self._written(each, next(outcomes)) for each in seated]

    def _seat(self, post: PlainPost) -> _Seated | None:
        """Read and check one request; None if there is anything about it."""
        if len(post.body) > self._services.limits.max_request_bytes:
            return None
        context = RequestContext(choose_request_id(post.headers.get(REQUEST_ID_HEADER)))
        try:
            context.key = self._services.keyring.recall(
                bearer_token(post.headers.get("Authorization"))
            )
            if context.key is None or not context.key.may(Scope.SEND):
                return None
            prepared = self._prepared(post, context)
        except Exception:  # noqa: BLE001 - Flask meets it too, and says what it is
            return None
        return _Seated(context, prepared)

    def _prepared(self, post: PlainPost, context: RequestContext) -> Prepared:
        if context.key is None:
            raise UnauthenticatedError
        services = self._services
        faults = Faults()
        idempotency_key = read_idempotency_key(post.headers, faults)
        document = parse_body(post.body, faults)
        submission = read_submission(document, services.limits, faults, services.clock())
        return services.acceptor.prepare(
            submission,
            key=context.key,
            render=render_accepted,
            idempotency=identify(idempotency_key, f"POST {PATH}", submission),
            trace=read_trace(post.headers),
        )

    def _written(self, seated: _Seated, outcome: Answer | Exception) -> bytes | None:
        context = seated.context
        if isinstance(outcome, Answer):
            context.said = log_fields(outcome)
            headers = committed_headers(outcome, self._path)
            return self._write(context, HTTPStatus.ACCEPTED, headers, outcome.body)
        if isinstance(outcome, StoreUnavailableError):
            failed = answer_failure(outcome, self._services.public_url, context.request_id)
            return self._write(context, failed.status, failed.headers, failed.body)
        return None

    def _write(
        self,
        context: RequestContext,
        status: HTTPStatus,
        headers: Iterable[tuple[str, str]],
        body: bytes,
    ) -> bytes:
        """Write an answer as gunicorn would, and let it be counted and logged."""
        said = list(headers)
        add_default_headers(said, context.request_id)
        self._answered(context, method="POST", route=PATH, status=status.value)
        lines = [
            f"HTTP/1.1 {status.value} {status.phrase.upper()}",
            f"Server: {SERVER}",
            f"Date: {self._date()}",
            "Connection: keep-alive",
            *[f"{name}: {value}" for name, value in said],
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class _Date:
    """The Date of an answer (RFC 9110 6.6.1), written once a second."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._second, self._text = 0, ""

    def __call__(self) -> str:
        second = int(self._clock())
        if second != self._second:
            self._second, self._text = second, http_date(second)
        return self._text
