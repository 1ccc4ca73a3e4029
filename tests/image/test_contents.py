"""What is in the image, what is not, and what it says of itself."""

import os
import re
import socket
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.built import ROOT, BuiltImage

pytestmark = [pytest.mark.image, pytest.mark.timeout(900)]

USER = 10001
MAX_BYTES_OVER_BASE = 250_000_000
ENTRYPOINT = ["env", "--block-signal=TERM", "--block-signal=INT", "pillarbox"]
COMPILERS = ("gcc", "g++", "cc", "c++", "clang", "ld", "as", "make", "rustc", "cargo")
FOR_EVERYBODY = {"tmp", "var/tmp", "run/lock"}
"""Folders that are everybody's on any Debian; the engine mounts over the first."""


def test_it_is_small(image: BuiltImage) -> None:
    """Less than 250 MB over the base."""
    assert _bytes(image.root) - _bytes(image.base) < MAX_BYTES_OVER_BASE


def test_it_runs_as_a_fixed_user(image: BuiltImage) -> None:
    """By number, so that `runAsNonRoot` can be checked; with a name, for who looks it up."""
    assert f"{USER}:{USER}" == image.config["User"]
    lines = (image.root / "etc/passwd").read_text(encoding="ascii").splitlines()
    assert [f"pillarbox:x:{USER}:{USER}::/nonexistent:/usr/sbin/nologin"] == [
        line for line in lines if f":{USER}:" in line
    ]


def test_roles_are_arguments(image: BuiltImage) -> None:
    """No shell stands between the signal and the role, and what comes before its handlers waits."""
    assert ENTRYPOINT == image.config["Entrypoint"]
    assert "SIGTERM" == image.config["StopSignal"]


def test_it_is_labelled(image: BuiltImage) -> None:
    """By the names of the OCI image specification; the version is the package's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    labels = {
        name.removeprefix("org.opencontainers.image."): value
        for name, value in image.config["Labels"].items()
    }

    assert labels.pop("revision")
    assert {
        "title": project["name"],
        "description": project["description"],
        "licenses": project["license"],
        "version": project["version"],
    } == labels


def test_its_settings_suit_a_container(image: BuiltImage) -> None:
    """It listens for others, answers probes, logs JSON, and writes to /tmp alone."""
    settings = {
        name.removeprefix("PILLARBOX_"): value
        for name, value in image.environment.items()
        if name.startswith("PILLARBOX_")
    }

    assert {
        "HTTP_HOST": "0.0.0.0",
        "HTTP_PORT": "8025",
        "HEALTH_PORT": "8026",
        "LOG_FORMAT": "json",
        "SANDBOX_HOST": "0.0.0.0",
        "STATE_DIR": "/tmp/pillarbox",
    } == settings
    assert "/tmp" == image.environment["TMPDIR"]
    assert "PROMETHEUS_MULTIPROC_DIR" not in image.environment
    assert {"8025/tcp", "8026/tcp"} == set(image.config["ExposedPorts"])


def test_no_compiler_is_inside(image: BuiltImage) -> None:
    """Nor anything else that makes programs."""
    folders = ("bin", "usr/bin", "usr/local/bin", "opt/pillarbox/bin")

    assert [] == [
        f"{folder}/{name}"
        for folder in folders
        for name in COMPILERS
        if os.path.lexists(image.root / folder / name)
    ]


def test_no_package_manager_and_no_cache_is_added(image: BuiltImage) -> None:
    """Python's pip stays with the build, and so does what it has loaded."""
    found = [
        str(path.relative_to(image.root))
        for path in _entries(image.root / "opt")
        if re.fullmatch(r"pip3?|pip-.*|setuptools|wheels|\.cache|.*\.whl", path.name)
    ]

    assert [] == found
    assert not (image.root / "build").exists()
    assert not (image.root / "etc/pip.conf").exists()
    assert not (image.root / "root/.cache").exists()


def test_every_module_is_compiled(image: BuiltImage) -> None:
    """On a read-only root no start could keep what it compiles."""
    folder = image.root / "opt/pillarbox/lib"
    modules = [path for path in folder.rglob("pillarbox/**/*.py") if "versions" not in path.parts]

    assert len(modules) > 100
    assert [] == [
        path for path in modules if not list((path.parent / "__pycache__").glob(f"{path.stem}.*"))
    ]


def test_its_user_can_write_to_nothing(image: BuiltImage) -> None:
    """Also where the root is not read-only, the program cannot change itself."""
    assert FOR_EVERYBODY == {
        str(path.relative_to(image.root)) for path in _entries(image.root) if _may_write(path)
    }


def test_its_history_tells_nothing_of_where_it_was_built(image: BuiltImage) -> None:
    """No address of an index, no host's name, no path of the checkout, no secret."""
    told = str(image.document)

    assert "://" not in told
    assert str(ROOT) not in told
    assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", told)
    assert not re.search(r"(?i)pip_|proxy|password|secret|token|\.pem|\.crt", told)


@pytest.mark.parametrize("name", ["etc/hostname", "etc/hosts", "etc/resolv.conf"])
def test_no_file_names_the_machine_it_was_built_on(image: BuiltImage, name: str) -> None:
    """The engine writes these for each container."""
    path = image.root / name
    text = path.read_text(encoding="ascii") if path.exists() else ""

    assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", text)
    assert "nameserver" not in text


def _entries(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield Path(parent, name)


def _bytes(folder: Path) -> int:
    return sum(
        found.st_size for path in _entries(folder) if stat.S_ISREG((found := path.lstat()).st_mode)
    )


def _may_write(path: Path) -> bool:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode) or stat.S_ISCHR(found.st_mode):
        return False
    return bool(
        (found.st_mode & stat.S_IWOTH)
        or (found.st_gid == USER and found.st_mode & stat.S_IWGRP)
        or found.st_uid == USER  # its owner may change the mode
    )
