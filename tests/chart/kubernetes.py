"""What Kubernetes itself would say of an object, by the schemas of each of its versions."""

import functools
import re
from typing import Any

from jsonschema import Draft202012Validator
from kubernetes_validate.utils import all_versions, major_minor, schema_contents
from referencing import Registry, Resource

from tests.chart.rendering import Object

FIRST = (1, 31)
"""The oldest Kubernetes that the chart is for."""

VERSIONS = {
    major_minor(version): version
    for version in all_versions()
    if tuple(map(int, major_minor(version).split("."))) >= FIRST
}
"""Each with its full number; schemas of every one are carried by `kubernetes-validate`."""


def is_own(each: Object) -> bool:
    """Whether Kubernetes itself defines this kind; everything else is a custom resource."""
    group, slash, _ = each["apiVersion"].rpartition("/")
    return not slash or "." not in group or group == "networking.k8s.io"


def faults(each: Object, version: str) -> list[str]:
    """Say what is wrong with an object in this version; unknown fields are."""
    found = _validator(VERSIONS[version], each["kind"], each["apiVersion"]).iter_errors(each)
    return [f"{each['kind']} {fault.json_path}: {fault.message}" for fault in found]


@functools.cache
def _validator(version: str, kind: str, api_version: str) -> Draft202012Validator:
    short = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    schema = _schema(version, f"{kind.lower()}-{short}.json")
    registry = Resource.from_contents(schema) @ (_definitions(version) @ Registry())
    return Draft202012Validator(schema, registry=registry)


@functools.cache
def _definitions(version: str) -> Resource[Any]:
    return Resource.from_contents(_schema(version, "_definitions.json"))


def _schema(version: str, name: str) -> Any:  # noqa: ANN401 - a schema has no type
    return schema_contents(f"kubernetes-json-schema/v{version}-local-strict/{name}", version)
