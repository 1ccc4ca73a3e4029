"""ConfigMaps and Secrets, and what a container's environment becomes of them.

https://kubernetes.io/docs/reference/generated/kubernetes-api/ (EnvVar, EnvFromSource).
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Object: TypeAlias = Mapping[str, Any]
"""A manifest or a part of one, as it is parsed."""

CONFIG_MAP, SECRET = "ConfigMap", "Secret"

_REFERENCE = re.compile(r"\$(\$|\(([^()]*)\))")
_LABEL = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")


class ManifestError(Exception):
    """A pod could not be run from its manifest: on a cluster it would not start either."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a pod may be told of itself."""

    name: str
    namespace: str
    address: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    account: str

    def look_up(self, path: str) -> str:
        """Return a field by the path of a fieldRef."""
        if found := _LABEL.fullmatch(path):
            return str(getattr(self, found[1]).get(found[2], ""))
        known = {
            "metadata.name": self.name,
            "metadata.namespace": self.namespace,
            "status.podIP": self.address,
            "spec.serviceAccountName": self.account,
        }
        if path not in known:
            raise ManifestError(f"no field {path}")
        return known[path]


@dataclass(frozen=True, slots=True)
class Configuration:
    """The objects of a namespace that pods read, by kind and name."""

    _held: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)

    def put(self, each: Object) -> None:
        """Keep a ConfigMap or Secret, in place of the one of its name."""
        values = {name: text.encode() for name, text in (each.get("data") or {}).items()}
        if each["kind"] == SECRET:
            values = {name: base64.b64decode(text) for name, text in values.items()}
            texts = each.get("stringData") or {}
            values |= {name: text.encode() for name, text in texts.items()}
        else:
            binary = each.get("binaryData") or {}
            values |= {name: base64.b64decode(text) for name, text in binary.items()}
        self._held[each["kind"], each["metadata"]["name"]] = values

    def drop(self, each: Object) -> None:
        """Forget one."""
        self._held.pop((each["kind"], each["metadata"]["name"]), None)

    def read(self, kind: str, name: str, *, optional: bool) -> dict[str, bytes]:
        """Return all of one; nothing if it is not there and may be missing."""
        if (kind, name) not in self._held and not optional:
            raise ManifestError(f"{kind} {name} not found")
        return self._held.get((kind, name), {})

    def environment(self, container: Object, facts: Facts) -> dict[str, str]:
        """Make the variables that a container's manifest gives it."""
        found: dict[str, str] = {}
        for source in container.get("envFrom", ()):
            found |= self._all_of(source)
        for each in container.get("env", ()):
            value = (
                expand(str(each.get("value", "")), found)
                if "valueFrom" not in each
                else self._value(each["valueFrom"], facts)
            )
            if value is not None:
                found[each["name"]] = value
        return found

    def _all_of(self, source: Object) -> dict[str, str]:
        for name, kind in (("configMapRef", CONFIG_MAP), ("secretRef", SECRET)):
            if reference := source.get(name):
                optional = bool(reference.get("optional"))
                values = self.read(kind, reference["name"], optional=optional)
                prefix = source.get("prefix", "")
                return {f"{prefix}{key}": value.decode() for key, value in values.items()}
        raise ManifestError(f"envFrom: {sorted(source)}")

    def _value(self, source: Object, facts: Facts) -> str | None:
        if reference := source.get("fieldRef"):
            return facts.look_up(reference["fieldPath"])
        for name, kind in (("configMapKeyRef", CONFIG_MAP), ("secretKeyRef", SECRET)):
            if reference := source.get(name):
                optional = bool(reference.get("optional"))
                values = self.read(kind, reference["name"], optional=optional)
                if reference["key"] in values:
                    return values[reference["key"]].decode()
                if optional:
                    return None
                raise ManifestError(f"{kind} {reference['name']} has no {reference['key']}")
        raise ManifestError(f"valueFrom: {sorted(source)}")


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace `$(NAME)` by the variable, if there is one; `$$` is a dollar sign."""

    def replace(found: re.Match[str]) -> str:
        if found[1] == "$":
            return "$"
        return variables.get(found[2], found[0])

    return _REFERENCE.sub(replace, text)
