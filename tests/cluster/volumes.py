"""A pod's volumes as folders: their files as the manifest has them, with its modes.

1. ConfigMaps, Secrets and what is projected are for reading only.
2. `fsGroup` owns what is in a volume, and may read it; an emptyDir it may write to.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.configuration import (
    CONFIG_MAP,
    SECRET,
    Configuration,
    Facts,
    ManifestError,
    Object,
)

DEFAULT_MODE = 0o644
GROUP_MAY_READ = 0o440
EVERYBODY_MAY_WRITE = 0o2777
MEMORY = "64Mi"
"""Of an emptyDir whose manifest sets no limit."""


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume; `tmpfs` is the size of what is mounted on its folder, if anything is."""

    folder: Path
    read_only: bool
    tmpfs: str = ""


@dataclass(frozen=True, slots=True)
class Mount:
    """What is mounted where in a container."""

    source: Path
    target: str
    read_only: bool


def make_volumes(
    spec: Object, folder: Path, configuration: Configuration, facts: Facts
) -> dict[str, Volume]:
    """Make a pod's volumes under a folder, by name."""
    group = (spec.get("securityContext") or {}).get("fsGroup", 0)
    made = {}
    for volume in spec.get("volumes", ()):
        place = folder / volume["name"]
        place.mkdir(parents=True)
        if "emptyDir" in volume:
            limit = (volume["emptyDir"] or {}).get("sizeLimit", MEMORY)
            made[volume["name"]] = Volume(place, read_only=False, tmpfs=str(limit).rstrip("i"))
            continue
        for name, content, mode in _files(volume, configuration, facts):
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode | GROUP_MAY_READ if group else mode)
            os.chown(path, 0, group)
        made[volume["name"]] = Volume(place, read_only=True)
    return made


def tmpfs_script(volumes: dict[str, Volume], group: int) -> str:
    """Return the commands that mount what is in memory, in the pod's own namespace."""
    return "\n".join(
        f"mount -t tmpfs -o mode={EVERYBODY_MAY_WRITE:o},gid={group},size={each.tmpfs},"
        f"nosuid,nodev,noexec tmpfs '{each.folder}'"
        for each in volumes.values()
        if each.tmpfs
    )


def mounts(container: Object, volumes: dict[str, Volume]) -> list[Mount]:
    """Return what a container has mounted, the outer before the inner."""
    found = []
    for each in container.get("volumeMounts", ()):
        if each["name"] not in volumes:
            raise ManifestError(f"no volume {each['name']}")
        volume = volumes[each["name"]]
        read_only = volume.read_only or bool(each.get("readOnly"))
        source = volume.folder / each.get("subPath", "")
        found.append(Mount(source, each["mountPath"], read_only))
    return sorted(found, key=lambda mount: mount.target)


File = tuple[str, bytes, int]
"""Path in the volume, content, mode."""


def _files(volume: Object, configuration: Configuration, facts: Facts) -> Iterator[File]:
    if "projected" in volume:
        mode = volume["projected"].get("defaultMode", DEFAULT_MODE)
        for source in volume["projected"]["sources"]:
            yield from _source(source, mode, configuration, facts)
        return
    [kind] = set(volume) - {"name"}
    yield from _source(
        volume, (volume[kind] or {}).get("defaultMode", DEFAULT_MODE), configuration, facts
    )


def _source(
    source: Object, mode: int, configuration: Configuration, facts: Facts
) -> Iterator[File]:
    if "downwardAPI" in source:
        for item in source["downwardAPI"]["items"]:
            content = facts.look_up(item["fieldRef"]["fieldPath"]).encode()
            yield item["path"], content, item.get("mode", mode)
        return
    for name, kind in (("configMap", CONFIG_MAP), ("secret", SECRET)):
        if reference := source.get(name):
            named = reference.get("name") or reference["secretName"]
            optional = bool(reference.get("optional"))
            values = configuration.read(kind, named, optional=optional)
            yield from _items(reference, values, mode, optional=optional)
            return
    raise ManifestError(f"a volume of {sorted(set(source) - {'name'})}")


def _items(
    reference: Object, values: dict[str, bytes], mode: int, *, optional: bool
) -> Iterator[File]:
    if "items" not in reference:
        yield from ((name, content, mode) for name, content in values.items())
        return
    for item in reference["items"]:
        if item["key"] in values:
            yield item["path"], values[item["key"]], item.get("mode", mode)
        elif not optional:
            raise ManifestError(f"no key {item['key']} for a volume")
