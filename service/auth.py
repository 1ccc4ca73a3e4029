"""Who may ask: every request needs a key, but for a handful of public pages."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, request

from pillarbox.domain.errors import ScopeMissingError, UnauthenticatedError
from pillarbox.domain.key import Scope
from pillarbox.flows.keys import Keyring
from service.request_context import current, current_key

_P = ParamSpec("_P")
_R = TypeVar("_R")

PUBLIC_ENDPOINTS = frozenset(
    {
        "health.livez",
        "health.readyz",
        "health.metrics",
        "docs.openapi",
        "docs.page",
        "docs.asset",
        "docs.problem",
    }
)
"""For GET and HEAD only: another method there is not routed to them, and wants a key."""


def register(app: Flask, keyring: Keyring) -> None:
    """Let nothing through without a key: unknown paths and methods neither."""

    def authenticate() -> None:
        if request.endpoint in PUBLIC_ENDPOINTS:
            return
        current().key = keyring.authenticate(bearer_token(request.headers.get("Authorization")))

    app.before_request(authenticate)


def bearer_token(authorization: str | None) -> str:
    """Return what stands after `Bearer` (RFC 6750 2.1), or raise `UnauthenticatedError`."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        raise UnauthenticatedError
    return token.strip(" ")


def needs(scope: Scope) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Refuse a key without `scope` before anything else of the request is looked at."""

    def decorate(view: Callable[_P, _R]) -> Callable[_P, _R]:
        @wraps(view)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            if not current_key().may(scope):
                raise ScopeMissingError(scope)
            return view(*args, **kwargs)

        return guarded

    return decorate
