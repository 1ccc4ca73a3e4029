from dataclasses import dataclass
from typing import Any

import orjson
from werkzeug.test import TestResponse

from tests.unit.service.published import CheckedClient

LETTER: dict[str, Any] = {"from": "billing@acme.test", "to": "ada@example.com", "text": "hello"}
"""The least that can be sent."""


@dataclass
class Caller:
    """Somebody with a key."""

    client: CheckedClient
    key: str

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        """Make any request."""
        given = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        return self.client.open(path, method=method, data=body, headers=given)

    def get(self, path: str, **headers: str) -> TestResponse:
        """Ask for something."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("GET", path, headers=named)

    def post(
        self,
        body: bytes,
        headers: dict[str, str] | None = None,
        path: str = "/v1/messages",
    ) -> TestResponse:
        """Post these octets as JSON."""
        given = {"Content-Type": "application/json", **(headers or {})}
        return self.request("POST", path, body=body, headers=given)

    def send(self, headers: dict[str, str] | None = None, /, **members: Any) -> TestResponse:  # noqa: ANN401
        """Send the least letter, with these members changed; `from_` is `from`."""
        changed = {name.rstrip("_"): value for name, value in members.items()}
        return self.post(orjson.dumps(LETTER | changed), headers)


def faults(response: TestResponse) -> list[tuple[str, str]]:
    """Return where and what the faults of a 422 are."""
    return [
        (each.get("pointer") or each.get("parameter") or each["header"], each["code"])
        for each in response.get_json()["errors"]
    ]


def slug(response: TestResponse) -> str:
    """Return the last part of a problem's type."""
    kind: str = response.get_json()["type"]
    return kind.rpartition("/")[2]
