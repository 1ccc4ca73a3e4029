"""The chart's README, made of `helm/values.yaml`: each value's comment stands directly above it.

A mapping whose keys have comments is gone into; any other value is a line of the table with
its default. `# -- Title` begins a table.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

HELM = Path(__file__).resolve().parents[1] / "helm"
VALUES = HELM / "values.yaml"
LONGEST_DEFAULT = 60
"""Characters; a longer one is to be read in the values themselves."""

_TITLE = re.compile(r"# -- (.+)")

_HEAD = """\
# Pillarbox's Helm chart

<!-- Made by `make docs` from `helm/values.yaml`; change that instead. -->

API, workers, scheduler and migrations of [Pillarbox](../README.md) on Kubernetes 1.31 and later.
[docs/kubernetes.md](../docs/kubernetes.md) leads from nothing to a first mail.

```sh
helm install post ./helm --namespace mail --create-namespace \\
  --set image.repository=registry.example.com/pillarbox \\
  --set database.existingSecret=mail,redis.existingSecret=mail \\
  --set relay.existingSecret=mail,bootstrapKey.existingSecret=mail
```

PostgreSQL, Redis (or Valkey) and a relay are yours; the chart has no dependencies
([why](../docs/adr/0017-what-the-chart-decides.md)). Unknown keys and nonsense are refused before
anything is rendered. Every pod is as restricted as the Pod Security Standard "restricted" asks.
A value that is bold has those below it. The chart is tested with helm 4; helm 3.17 renders the
same of it.
"""


@dataclass(frozen=True, slots=True)
class Value:
    """A value: its path with dots, its default, what its comment says, and the table it is in.

    `is_group` says that its keys are values of their own, and follow.
    """

    path: str
    default: object
    doc: str
    table: str
    is_group: bool


def values() -> Iterator[Value]:
    """Go through the values in their order."""
    lines = VALUES.read_text(encoding="utf-8").splitlines()
    root = yaml.compose("\n".join(lines), Loader=yaml.SafeLoader)
    if isinstance(root, yaml.MappingNode):
        yield from _values(root, lines, "")


def readme_page() -> str:
    """List every value with its default and its comment."""
    page = [_HEAD]
    table = ""
    for value in values():
        if value.table != table:
            table = value.table
            page += [f"## {table}", "", "| value | default | what it is |", "|---|---|---|"]
        default = "" if value.is_group else _shown(value.default)
        path = f"**`{value.path}`**" if value.is_group else f"`{value.path}`"
        page.append(f"| {path} | {default} | {value.doc.replace('|', chr(92) + '|')} |")
    text = "\n".join(page) + "\n"
    return re.sub(r"\n(## .*)", r"\n\n\1", text).replace("\n\n\n", "\n\n")


def _values(node: yaml.MappingNode, lines: list[str], prefix: str) -> Iterator[Value]:
    for key, value in node.value:
        path = f"{prefix}{key.value}"
        is_group = isinstance(value, yaml.MappingNode) and any(
            _comment(child, lines) for child, _ in value.value
        )
        default = yaml.safe_load(yaml.serialize(value, Dumper=yaml.SafeDumper))
        yield Value(path, default, _comment(key, lines), _table(key, lines), is_group)
        if is_group:
            yield from _values(value, lines, f"{path}.")


def _comment(key: yaml.Node, lines: list[str]) -> str:
    """Return the comment directly above a key, at its indentation."""
    indentation = " " * key.start_mark.column
    found: list[str] = []
    for line in reversed(lines[: key.start_mark.line]):
        if not line.startswith(f"{indentation}# ") or _TITLE.match(line):
            break
        found.insert(0, line.removeprefix(f"{indentation}# "))
    return " ".join(found)


def _table(key: yaml.Node, lines: list[str]) -> str:
    titles = (_TITLE.match(line) for line in reversed(lines[: key.start_mark.line]))
    return next(match[1] for match in titles if match)


def _shown(default: object) -> str:
    text = json.dumps(default, ensure_ascii=False)
    if len(text) > LONGEST_DEFAULT:
        return "see `values.yaml`"
    return f"`{text}`"
