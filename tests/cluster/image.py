"""What containers are made of: this checkout as if it were the image, or the image as it is built.

A checkout is made to look like one: the machine's own programs, the environment
of the tests and the checkout, nothing else, and all of it for reading.
"""

import json
import os
import re
import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.installation import ROOT

PROGRAMS = ("bin", "lib", "lib32", "lib64", "libx32", "sbin", "usr")
"""Of the machine's own folders."""
SYSTEM_FILES = (
    *("alternatives", "group", "host.conf", "ld.so.cache", "ld.so.conf", "ld.so.conf.d"),
    *("localtime", "mime.types", "nsswitch.conf", "passwd", "protocols", "services", "ssl"),
)
"""Of its /etc, in which manifests have files of their own."""
SYSTEM = ("/usr", "/bin", "/lib")

_ENVIRONMENT = re.compile(r"^ENV ((?:.*\\\n)*.*)$", re.MULTILINE)
_EXEC_FORM = re.compile(r"^(ENTRYPOINT|CMD|USER) (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Image:
    """Its configuration; `root` is its files, or None for a checkout's."""

    environment: Mapping[str, str]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    user: int
    root: Path | None = None
    paths: tuple[Path, ...] = field(default=())
    """Of this machine, seen in the container too."""

    def script(self, target: str) -> str:
        """Return the commands that make a root of it, to which can be added, in a mount namespace.

        `target` is an empty folder.
        """
        where = shlex.quote(target)
        if self.root is not None:
            return (
                f"mount -t tmpfs -o mode=755,size=16m tmpfs {where}\n"
                f"mkdir {where}/over {where}/work {where}/root\n"
                f"mount -t overlay overlay {where}/root -o"
                f" lowerdir={self.root},upperdir={target}/over,workdir={target}/work\n"
                f"R={where}/root"
            )
        lines = [f"mount -t tmpfs -o mode=755,size=16m tmpfs {where}", f"R={where}"]
        for name in PROGRAMS:
            path = Path("/", name)
            if path.is_symlink():
                lines.append(f'ln -s {shlex.quote(str(path.readlink()))} "$R/{name}"')
            elif path.is_dir():
                lines += _seen(path)
        for path in (*self.paths, *(Path("/etc", name) for name in SYSTEM_FILES)):
            lines += _seen(path)
        lines.append('mkdir -p "$R/tmp" "$R/proc" "$R/dev"')
        return "\n".join(lines)

    def again(self, targets: Iterable[str]) -> str:
        """Return the commands that show what mounts on these targets have hidden of its own."""
        hidden = [
            path for path in self.paths if any(path.is_relative_to(target) for target in targets)
        ]
        return "\n".join(line for path in hidden for line in _seen(path))


def checkout() -> Image:
    """Return the image that the Dockerfile would make of this checkout."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = text[text.rindex("\nFROM ") :]
    said = dict(_EXEC_FORM.findall(text))
    environment = {}
    for block in _ENVIRONMENT.findall(text):
        for word in shlex.split(block.replace("\\\n", " ")):
            name, _, value = word.partition("=")
            environment[name] = value
    programs = Path(sys.prefix) / "bin"
    environment["PATH"] = f"{programs}:{os.defpath.lstrip(':')}:/usr/sbin:/sbin"
    environment["PYTHONPATH"] = str(ROOT)  # the environment may have another checkout installed
    wanted = (ROOT, Path(sys.prefix), Path(sys.base_prefix))
    return Image(
        environment=environment,
        entrypoint=tuple(json.loads(said["ENTRYPOINT"])),
        command=tuple(json.loads(said["CMD"])),
        user=int(said["USER"].partition(":")[0]),
        paths=tuple(path for path in wanted if not str(path).startswith(SYSTEM)),
    )


def _seen(path: Path) -> list[str]:
    if not path.exists():
        return []
    there = f'"$R"{shlex.quote(str(path))}'
    parent = f'"$R"{shlex.quote(str(path.parent))}'
    return [
        f"mkdir -p {there}" if path.is_dir() else f"mkdir -p {parent}; : >{there}",
        f"mount --bind {shlex.quote(str(path))} {there}",
        f"mount -o remount,bind,ro {there}",
    ]
