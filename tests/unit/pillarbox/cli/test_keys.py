"""`pillarbox keys`, as a person reads it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pillarbox.cli.entry import main


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert 0 == result.exit_code, result.output
    return result.stdout


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_an_id_is_whole_in_the_list_however_narrow_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """`keys revoke` wants it whole; it ended in three dots where there were 80 columns."""
    monkeypatch.setenv("PILLARBOX_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", str(columns))
    _run("migrate")
    made = _run("keys", "create", "--name", "billing", "--sender", "billing.example.com")
    [identifier] = [line.split()[1] for line in made.splitlines() if line.startswith("id:")]

    assert identifier in _run("keys", "list")
    assert f"revoked {identifier}" in _run("keys", "revoke", identifier)
