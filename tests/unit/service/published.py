"""Holds every answer that a test gets to the published OpenAPI document."""

from functools import cached_property
from typing import Any

import orjson
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

PROBLEM = "application/problem+json"
BASE = "urn:openapi"


class PublishedContract:
    """The document, and what it says of an answer."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @cached_property
    def registry(self) -> Registry[Any]:
        """Where `$ref`s lead."""
        resource = DRAFT202012.create_resource(self.document)
        registry: Registry[Any] = Registry[Any]().with_resource(BASE, resource)
        return registry.crawl()

    def check(self, path: str, method: str, response: TestResponse) -> None:
        """Fail if the document does not allow this answer of `path` (as a template)."""
        assert "X-Request-Id" in response.headers
        operation = (
            self.document["paths"].get(path, {}).get("get" if method == "HEAD" else method.lower())
        )
        if operation is None:
            self._check_undocumented(response)
            return
        described = self._resolve(operation["responses"][str(response.status_code)])
        unnamed = {
            name
            for name in ("Location", "ETag", "Link", "Retry-After", "Idempotent-Replayed")
            if name in response.headers and name not in described.get("headers", {})
        }
        assert set() == unnamed
        content = described.get("content")
        if content is None or method == "HEAD":
            return
        media_type = response.mimetype or ""
        assert media_type in content
        if media_type.endswith("json"):
            self._validate(content[media_type]["schema"], response.data)

    def _check_undocumented(self, response: TestResponse) -> None:
        if response.status_code < 400:
            return
        assert PROBLEM == response.mimetype
        if response.data:
            self._validate({"$ref": "#/components/schemas/Problem"}, response.data)

    def _validate(self, schema: dict[str, Any], body: bytes) -> None:
        absolute = orjson.loads(orjson.dumps(schema).replace(b'"#/', f'"{BASE}#/'.encode()))
        Draft202012Validator(absolute, registry=self.registry).validate(orjson.loads(body))

    def _resolve(self, described: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in described:
            place: Any = self.document
            for step in described["$ref"].removeprefix("#/").split("/"):
                place = place[step]
            described = place
        return described


def publish(app: Flask) -> PublishedContract:
    """Ask an application for its document, as any caller would."""
    return PublishedContract(orjson.loads(FlaskClient(app).get("/openapi.json").data))


class CheckedClient(FlaskClient):
    """Flask's test client that checks each answer."""

    contract: PublishedContract

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:  # noqa: ANN401 - as werkzeug's
        """Make a request, check its answer, and return it."""
        response = super().open(*args, **kwargs)
        request = response.request
        adapter = self.application.url_map.bind("localhost")
        try:
            rule, _ = adapter.match(request.path, method=request.method, return_rule=True)
            path = rule.rule.replace("<", "{").replace(">", "}")
        except HTTPException:
            path = ""
        self.contract.check(path, request.method, response)
        return response
