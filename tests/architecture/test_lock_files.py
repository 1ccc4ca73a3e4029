"""What is tested is what is deployed: the lock files name the same versions."""

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
