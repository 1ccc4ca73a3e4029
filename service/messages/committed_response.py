from typing import TYPE_CHECKING

from flask import Response
from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class CommittedResponse(Response):
    """A 202 whose headers are whole: nothing of them is looked for, converted or copied.

    werkzeug turns any Location into a URI and any body into octets, for each answer.
    """

    def __init__(self, body: bytes, location: str) -> None:
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Location": location,
        }
        super().__init__([body], 202, headers)

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:  # noqa: ARG002 - werkzeug's own
        """Return the headers as they are."""
        return self.headers
