"""Celery's part is thin: a task hands what it was sent to a use case."""

import ast
from pathlib import Path

TASKS = Path(__file__).resolve().parents[2] / "workers" / "tasks.py"
MAX_LINES = 15


def _tasks() -> list[ast.FunctionDef]:
    tree = ast.parse(TASKS.read_text(encoding="utf-8"))
    return [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.decorator_list
    ]


def test_there_are_tasks() -> None:
    """Else the next test would hold of nothing."""
    assert {"deliver", "sweep", "pulse"} == {task.name for task in _tasks()}


def test_a_task_is_under_fifteen_lines() -> None:
    """What needs more is a use case, and is tested without Celery."""
    lines = {task.name: (task.end_lineno or 0) - task.lineno + 1 for task in _tasks()}

    assert {} == {name: count for name, count in lines.items() if count >= MAX_LINES}
