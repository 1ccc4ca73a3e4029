"""Breaks each guard of `tests/laws`, and sees that a test of its law fails: `make guards`.

In a copy of the tree, one guard at a time. Arguments are names of laws, none
means all. The exit status is 1 if a guard is missed by nobody.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.laws.law import ROOT, Guard, Law
from tests.laws.marks import marked_tests
from tests.laws.registry import LAWS

SECONDS = "20"
"""A test that hangs without the guard has failed."""

OPTIONS = ("-q", "-x", "--no-header", "--tb=no", "-p", "no:cacheprovider", f"--timeout={SECONDS}")


def main() -> int:
    """Break what was asked for, and print a line for each guard."""
    chosen = [LAWS[name] for name in sys.argv[1:]] or list(LAWS.values())
    marked = marked_tests()
    unmissed = 0
    with tempfile.TemporaryDirectory(prefix="guards-") as folder:
        tree = Path(folder)
        _copy(tree)
        for law in chosen:
            tests = [str(test) for test in marked[law.name]]
            for guard in law.guards:
                missing = _who_misses(tree, guard, tests)
                unmissed += not missing
                _tell(law, guard, missing)
    return 1 if unmissed else 0


def _copy(tree: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tree / name)


def _who_misses(tree: Path, guard: Guard, tests: list[str]) -> str:
    """Return the first test that fails with the guard broken, and why; empty if none does."""
    kept = {file: (tree / file).read_bytes() for file in {each.file for each in guard.all}}
    try:
        for each in guard.all:
            (tree / each.file).write_text(each.broken_in(tree), encoding="utf-8")
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", *OPTIONS, *tests],
            cwd=tree,
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(tree)},
        )
    finally:
        for file, content in kept.items():
            (tree / file).write_bytes(content)
    if ended.returncode != 1:
        return ""
    failed = [line for line in ended.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].rpartition("::")[2] if failed else "the run itself ended"


def _tell(law: Law, guard: Guard, missing: str) -> None:
    code = " ".join(guard.code.split())[:60]
    sys.stdout.write(f"{law.name}  {guard.file}: {code}\n    {missing or 'NOT MISSED'}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
