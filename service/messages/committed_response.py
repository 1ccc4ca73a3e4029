from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Response
from werkzeug.datastructures import Headers

from pillarbox.flows.accept import Answer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class CommittedResponse(Response):
    """A 202 whose headers are whole: nothing of them is looked for, converted or copied.

    werkzeug turns any Location into a URI and any body into octets, for each answer.
    """

    def __init__(self, answer: Answer, path: str) -> None:
        super().__init__([answer.body], 202, committed_headers(answer, path))

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:  # noqa: ARG002 - werkzeug's own
        """Return the headers as they are."""
        return self.headers


def committed_headers(answer: Answer, path: str) -> list[tuple[str, str]]:
    """Return the headers of a 202; `path` is that of all messages."""
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(answer.body))),
        ("Location", f"{path}/{_id_in(answer.body)}"),
    ]
    if answer.replayed:
        headers.append(("Idempotent-Replayed", "true"))
    return headers


def path_under(public_url: str, path: str) -> str:
    """Return a path as callers reach it; without a host it is right for those by another name."""
    return urlsplit(public_url).path + path


def _id_in(body: bytes) -> str:
    """Return the id in a 202's body, which may be one remembered from an earlier call."""
    return body.partition(b'"id":"')[2].partition(b'"')[0].decode()
