"""The published document: valid, whole and strict."""

import re
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from pillarbox.domain.status import MessageStatus, RecipientStatus
from service.auth import PUBLIC_ENDPOINTS
from tests.unit.service.published import CheckedClient


@pytest.fixture
def document(client: CheckedClient) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").get_json()
    return document


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert "3.1.0" == document["openapi"]
    assert [] == list(OpenAPIV31SpecValidator(document).iter_errors())


def test_every_route_stands_in_the_document(app: Flask, document: dict[str, Any]) -> None:
    """But for those that show it, and the methods that are there to be refused."""
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD"}
        if not rule.endpoint.startswith("docs.") and rule.endpoint != "batches.refuse"
    }

    described = {
        (path, method)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert routes == described


def test_every_answer_names_its_request_and_every_problem_its_type(
    document: dict[str, Any],
) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert {"$ref": f"#/components/responses/Problem{status}"} == response, path
                    response = document["components"]["responses"][f"Problem{status}"]  # noqa: PLW2901
                    assert "application/problem+json" in response["content"]
                assert "X-Request-Id" in response["headers"], (path, status)


def test_a_key_is_wanted_but_for_the_public_pages(app: Flask, document: dict[str, Any]) -> None:
    assert [{"key": []}] == document["security"]
    scheme = document["components"]["securitySchemes"]["key"]
    assert ("http", "bearer") == (scheme["type"], scheme["scheme"])
    public = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in PUBLIC_ENDPOINTS}
    without_key = {
        path
        for path, item in document["paths"].items()
        if item.get("get", {}).get("security") == []
    }
    assert {path for path in public if path in document["paths"]} == without_key


def test_a_send_request_is_strict_in_the_document_too(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    assert {"from"} == set(schemas["Submission"]["required"])
    assert schemas["Submission"]["additionalProperties"] is False
    assert schemas["Attachment"]["additionalProperties"] is False
    assert {
        "from", "to", "cc", "bcc", "relay", "reply_to", "subject", "text", "html", "headers",
        "attachments", "tags", "metadata", "return_path", "priority", "send_at", "expires_at",
        "on_uncertain",
    } == set(schemas["Submission"]["properties"])  # fmt: skip


def test_the_vocabularies_are_those_of_the_domain(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert set(MessageStatus) == set(schemas["Message"]["properties"]["status"]["enum"])
    assert set(RecipientStatus) == set(schemas["Recipient"]["properties"]["status"]["enum"])
