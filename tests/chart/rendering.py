"""The chart as helm renders it, each set of values once."""

import functools
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from tests.servers.installation import ROOT
from tests.servers.presence import lacking

CHART = ROOT / "helm"
RELEASE = "post"
NAMESPACE = "mail"
FULLNAME = f"{RELEASE}-pillarbox"
SECONDS = 60.0
"""For one rendering on a slow machine; it takes a fifth of one."""

Object: TypeAlias = dict[str, Any]
"""A manifest, as it is parsed."""


class RefusedError(Exception):
    """What helm said of values that it did not render."""


@functools.cache
def tools() -> Path:
    """Where `tools/install_chart_tools.sh` has put them, or be `lacking` them."""
    script = ROOT / "tools" / "install_chart_tools.sh"
    told = subprocess.run([script, "folder"], check=True, capture_output=True, text=True)
    return Path(told.stdout.strip())


def program(name: str) -> Path:
    """Return the path of helm or kubectl, or be `lacking` it."""
    found = tools() / "bin" / name
    if not found.exists():
        lacking(name, "not here; tools/install_chart_tools.sh")
    return found


def helm(*arguments: str, values: Mapping[str, Any] | None = None) -> str:
    """Run helm with these values, and return what it says; raises `RefusedError`."""
    command = [str(program("helm")), *arguments]
    if values is not None:
        command += ["--values", "-"]
    done = subprocess.run(
        command,
        input=json.dumps(values),
        env=os.environ | {"HELM_NO_PLUGINS": "1"},
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    if done.returncode != 0:
        raise RefusedError(done.stderr + done.stdout)
    return done.stdout


def render(values: Mapping[str, Any]) -> list[Object]:
    """Render the chart with these values: its objects, hooks and tests among them."""
    return json.loads(_rendered(json.dumps(values)))  # type: ignore[no-any-return]  # a copy for each


@functools.cache
def _rendered(values: str) -> str:
    text = helm(
        "template", RELEASE, str(CHART), "--namespace", NAMESPACE, values=json.loads(values)
    )
    return json.dumps(parsed(text))


def parsed(text: str) -> list[Object]:
    """Read the objects of a rendering."""
    return [each for each in yaml.load_all(text, Loader=_StrictLoader) if each]


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # either
    """A key that stands twice is refused, as Kubernetes does; YAML's own parser takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Object:  # noqa: FBT001, FBT002 - the base's
        """Make a mapping."""
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        if len(set(keys)) < len(keys):
            raise yaml.constructor.ConstructorError(
                None, None, f"a key stands twice in {keys}", node.start_mark
            )
        return super().construct_mapping(node, deep=deep)  # type: ignore[no-any-return]  # as above


def named(objects: list[Object], kind: str, name: str) -> Object:
    """Return the one object of this kind and name; the name's beginning may be left out."""
    names = {name, f"{FULLNAME}-{name}"}
    [found] = [
        each for each in objects if each["kind"] == kind and each["metadata"]["name"] in names
    ]
    return found


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    """Return the objects of these kinds."""
    return [each for each in objects if each["kind"] in kinds]


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Go through the pods that the objects make: the maker's kind and name, and the template."""
    for each in objects:
        told = f"{each['kind']} {each['metadata']['name']}"
        if each["kind"] == "Pod":
            yield told, each
        elif "template" in each.get("spec", {}):
            yield told, each["spec"]["template"]


def environment(container: Object, name: str) -> Object:
    """Return a variable of a container as its manifest has it."""
    [found] = [each for each in container["env"] if each["name"] == name]
    return found  # type: ignore[no-any-return]  # a manifest has no types
