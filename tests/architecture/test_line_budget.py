"""Files stay small enough to be read at one sitting; the budget never follows the code."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAX_LINES = 300
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager"}


def _python_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    files = [ROOT / name for name in listed if name]
    assert len(files) > 50
    return [path for path in files if path.exists()]


def test_no_file_is_longer_than_the_budget() -> None:
    """A file that passes 300 lines has a second reason to change: split it by that."""
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in _python_files()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }

    assert {} == too_long


def test_no_file_has_a_name_that_says_nothing() -> None:
    """A file is named for the noun that it holds."""
    assert [] == [path for path in _python_files() if path.stem in VAGUE_NAMES]
