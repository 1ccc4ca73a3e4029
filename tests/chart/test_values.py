"""Every value says what it is, and is one that the schema knows."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.chart.matrix import MATRIX
from tools.chart_config import SCHEMA
from tools.chart_readme import VALUES, values
from tools.generate_docs import stale_pages

POD_FIELDS = "pod"
"""What `pod` has, components may have too; it is commented there."""

NOT_OURS = {"global"}
"""Of a chart above this one."""

Document = dict[str, Any]


def _schema() -> Document:
    found: Document = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


def _resolved(part: Document, schema: Document) -> Document:
    while "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    return part


def _paths(part: Document, schema: Document, prefix: str = "") -> Iterator[str]:
    """Go through what the schema names, as far as the values file says more than one word of it."""
    for name, each in _resolved(part, schema).get("properties", {}).items():
        path = f"{prefix}{name}"
        yield path
        yield from _paths(each, schema, f"{path}.")


def test_every_value_says_what_it_is() -> None:
    """A comment directly above it, a sentence or more."""
    found = list(values())

    assert len(found) > 150
    assert [] == [each.path for each in found if not each.doc.strip()]
    assert [] == [each.path for each in found if each.doc.startswith("`") and len(each.doc) < 10]


def test_what_the_schema_knows_stands_in_the_values() -> None:
    """What is not there nobody finds; but what every pod may have stands at `pod` alone."""
    schema = _schema()
    written = {each.path for each in values()}
    of_pods = {path.partition(".")[2] for path in written if path.startswith(f"{POD_FIELDS}.")}
    leaves = {each.path for each in values() if not each.is_group}

    def is_written(path: str) -> bool:
        top, _, rest = path.partition(".")
        parents = {path.rsplit(".", number)[0] for number in range(1, path.count(".") + 1)}
        return (
            path in written
            or top in NOT_OURS
            or top == "config"
            or rest.partition(".")[0] in of_pods
            or bool(parents & leaves)
        )

    assert [] == [path for path in _paths(schema, schema) if not is_written(path)]


def test_the_schema_names_every_key_that_may_be_set() -> None:
    """`additionalProperties: false` wherever keys are named: a misspelt one is refused."""
    schema = _schema()
    open_ones = [
        path
        for path, part in _objects(schema, "")
        if "properties" in part and (part.get("additionalProperties") is not False)
    ]

    assert [] == open_ones


def _objects(part: Any, path: str) -> Iterator[tuple[str, Document]]:  # noqa: ANN401 - of a schema
    if isinstance(part, list):
        for number, each in enumerate(part):
            yield from _objects(each, f"{path}/{number}")
    elif isinstance(part, dict):
        if part.get("type") == "object":
            yield path, part
        for name, each in part.items():
            yield from _objects(each, f"{path}/{name}")


def test_the_page_and_the_schema_are_current() -> None:
    """`make docs` makes them of the values and of the settings."""
    assert [] == [name for name in stale_pages() if name.startswith("helm/")]


def test_every_value_is_tried_otherwise() -> None:
    """Each table of the values is set in at least one of the ways that are rendered."""
    tried = {name for each in MATRIX.values() for name in each}
    there = set(yaml.safe_load(VALUES.read_text(encoding="utf-8")))

    untried = {"nameOverride", "fullnameOverride", "podSecurityContext", "containerSecurityContext"}
    assert untried == there - tried


@pytest.mark.parametrize("name", ["api", "worker", "scheduler"])
def test_a_component_may_have_what_every_pod_has(name: str) -> None:
    schema = _schema()
    of_pods = set(schema["properties"]["pod"]["properties"])

    assert of_pods <= set(schema["properties"][name]["properties"])
    assert of_pods <= set(schema["$defs"]["workerGroup"]["properties"])
