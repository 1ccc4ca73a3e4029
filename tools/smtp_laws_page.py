"""The page of the SMTP side's laws, with where each is kept and tested."""

from tests.laws.law import Law
from tests.laws.marks import marked_tests
from tests.laws.registry import CHAPTERS, NOT_OURS


def smtp_laws_page(made: str) -> str:
    """List every law by chapter; `made` says how the page is made."""
    tests = {name: sorted({test.file for test in those}) for name, those in marked_tests().items()}
    lines = [
        "# The laws of the SMTP side",
        "",
        made,
        "What a client of a relay must get right, since others got it wrong. Each law has a name;",
        "`pytest -m \"law(name='no-smuggling')\"` runs its tests, and `make guards` breaks each",
        "guard in a copy of the code, one after the other, and sees that a test of its law fails.",
    ]
    for chapter, laws in CHAPTERS.items():
        lines += ["", f"## {chapter}", "", "| law | what holds | source | kept in | tested in |"]
        lines += ["|---|---|---|---|---|"]
        lines += [_row(law, tests[law.name]) for law in laws]
    lines += ["", "## Not ours", ""]
    lines += [f"- {what}: {why}." for what, why in NOT_OURS.items()]
    return "\n".join(lines) + "\n"


def _row(law: Law, tests: list[str]) -> str:
    files = sorted({each.file for guard in law.guards for each in guard.all})
    kept, tested = (", ".join(f"`{_short(file)}`" for file in those) for those in (files, tests))
    return f"| {law.name} | {law.holds} | {law.source} | {kept} | {tested} |"


def _short(file: str) -> str:
    return file.removeprefix("tests/unit/").removeprefix("tests/").removesuffix(".py")
