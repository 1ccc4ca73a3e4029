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
                missed = _is_missed(tree, guard, tests)
                unmissed += not missed
                _tell("missed" if missed else "NOT MISSED", law, guard)
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


def _is_missed(tree: Path, guard: Guard, tests: list[str]) -> bool:
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
    return ended.returncode == 1


def _tell(result: str, law: Law, guard: Guard) -> None:
    code = " ".join(guard.code.split())
    sys.stdout.write(f"{result:10}  {law.name}  {guard.file}: {code[:60]}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
