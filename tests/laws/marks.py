"""Which tests are marked with which law, read from their text."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tests.laws.law import ROOT
from tests.laws.registry import LAWS

TESTS = ROOT / "tests"


@dataclass(frozen=True, slots=True, order=True)
class MarkedTest:
    """A test by its file, its class if it has one, and its name; `str` is what pytest takes."""

    file: str
    group: str
    name: str

    def __str__(self) -> str:
        return "::".join(filter(None, (self.file, self.group, self.name)))


def marked_tests() -> dict[str, list[MarkedTest]]:
    """List the tests of every law, by its name."""
    marked: dict[str, list[MarkedTest]] = {name: [] for name in LAWS}
    for path in sorted(TESTS.rglob("test_*.py")):
        file = str(path.relative_to(ROOT))
        for group, test in _tests(ast.parse(path.read_text(encoding="utf-8"))):
            for name in _laws(test):
                marked[name].append(MarkedTest(file, group, test.name))
    return marked


def _tests(module: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            yield from ((node.name, each) for each in _functions(node.body))
    yield from (("", each) for each in _functions(module.body))


def _functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef]:
    return (node for node in body if isinstance(node, ast.FunctionDef))


def _laws(test: ast.FunctionDef) -> Iterator[str]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "law":
            for name in mark.args:
                assert isinstance(name, ast.Constant), "a law is named by a literal"
                yield str(name.value)
