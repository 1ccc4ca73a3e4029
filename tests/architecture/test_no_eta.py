"""Nothing is scheduled through the broker: a time to come is a column in the store."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for package in ("pillarbox", "service", "workers")
    for path in (ROOT / package).rglob("*.py")
)
FORBIDDEN = {"eta", "countdown", "retry_backoff", "autoretry_for", "acks_late"}
"""Celery's ways to run a task later, or again; with Redis beyond the visibility timeout, twice."""


def _names(tree: ast.AST) -> set[str]:
    """Return every keyword of a call and every string key of a dict."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg:
            found.add(node.arg)
        elif isinstance(node, ast.Dict):
            found |= {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_task_has_an_eta_or_a_countdown(path: Path) -> None:
    """Celery #3270, #7009, #9882: an ETA beyond the visibility timeout runs twice."""
    used = FORBIDDEN & _names(ast.parse(path.read_text(encoding="utf-8")))

    assert set() == used


def test_the_rule_sees_what_it_forbids() -> None:
    """A rule that cannot fail proves nothing."""
    code = "task.apply_async(eta=now)\ntask.apply_async(**{'countdown': 3})"

    assert {"eta", "countdown"} == FORBIDDEN & _names(ast.parse(code))
