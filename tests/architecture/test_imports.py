"""What imports whom, beyond what the contracts in `.importlinter` can say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_contracts_are_kept_and_ignore_nothing() -> None:
    """The import contracts hold, exhaustive and without an ignore list."""
    text = (ROOT / ".importlinter").read_text(encoding="utf-8")
    assert "ignore_imports" not in text

    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert 0 == done.returncode, done.stdout


def test_domain_and_flows_stand_on_the_standard_library() -> None:
    """The rules of the product can be read, and run, without anything installed."""
    code = (
        "import pkgutil, importlib, sys\n"
        "before = set(sys.modules)\n"
        "import pillarbox.domain, pillarbox.flows\n"
        "for package in (pillarbox.domain, pillarbox.flows):\n"
        "    for found in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(found.name)\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - set(sys.stdlib_module_names) - {'pillarbox'}))\n"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"],
        check=True,
        capture_output=True,
        text=True,
    )

    assert "" == done.stdout.strip()
