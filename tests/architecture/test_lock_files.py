"""What is tested is what is deployed: the lock files name the same versions."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOR_THE_BUILD = {"setuptools"}
"""Makes the image's wheel, and is not in the image."""


def _pins(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-image.lock"])
def test_what_runs_is_what_was_tested(name: str) -> None:
    """Each package is in the lock file of the tests too, in the same version."""
    tested = _pins("requirements-dev.lock")
    pins = {
        package: version for package, version in _pins(name).items() if package not in FOR_THE_BUILD
    }

    assert len(pins) > 40
    assert {} == {
        package: version for package, version in pins.items() if tested.get(package) != version
    }


def test_what_comes_from_npm_is_known_by_its_hash_and_not_by_its_place() -> None:
    """Whoever installs it has a registry of their own, and gets the same octets."""
    lock = json.loads((ROOT / "tools" / "chart" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: each for name, each in lock["packages"].items() if name}

    assert len(packages) > 4
    assert set() == {name for name, each in packages.items() if "integrity" not in each}
    assert set() == {name for name, each in packages.items() if "resolved" in each}
