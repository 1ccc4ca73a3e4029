"""The fuzz target's own corpus, so that what was once found is found again at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import fuzz_smtp
from tests.fuzz.conversation import one_input
from tests.fuzz.fuzz_smtp import CORPUS, has_atheris
from tests.fuzz.mutation import draw, read_corpus
from tests.laws.registry import law

RUNS = 3_000
"""For each of the two searches: seconds. The long one is `make fuzz`."""

ROOT = Path(__file__).parents[4]


@law("no-smtp")
@pytest.mark.parametrize("name", sorted(path.name for path in CORPUS.iterdir()))
def test_the_corpus_ends_in_true_outcomes(name: str) -> None:
    """Whatever a relay says, every message has its verdicts, and none is made up."""
    one_input((CORPUS / name).read_bytes())


def test_so_do_mutations_of_it() -> None:
    """The same ones on every run."""
    found: list[bytes] = []

    tried = draw(one_input, read_corpus(CORPUS), lambda tried: tried < RUNS, found.append, seed=7)

    assert (RUNS, []) == (tried, found)


def test_a_search_guided_by_coverage_finds_nothing(tmp_path: Path) -> None:
    """As `make fuzz` does it, shortly: so the target itself cannot rot."""
    if not has_atheris():
        pytest.skip("atheris has no wheel for this Python")

    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.fuzz_smtp", "--runs", str(RUNS), "--folder", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=100,
        check=False,
    )

    assert 0 == done.returncode, done.stderr[-4_000:]
    assert f"Done {RUNS} runs" in done.stderr
    assert any((tmp_path / "corpus").iterdir()), "the search has seen no new ways"


def test_an_input_that_breaks_something_is_kept() -> None:
    """Else it would have to be found twice."""
    found: list[bytes] = []

    def break_at_once(data: bytes) -> None:
        raise AssertionError(data)

    with pytest.raises(AssertionError):
        draw(break_at_once, [b"first"], lambda _: True, found.append)

    assert [b"first"] == found


def test_without_atheris_inputs_are_drawn_at_random(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has wheels for some Pythons only; `make fuzz` works on all."""
    monkeypatch.setattr(fuzz_smtp, "has_atheris", lambda: False)

    fuzz_smtp.main(["--runs", "20", "--folder", str(tmp_path)])

    assert capsys.readouterr().out.startswith("Done 20 inputs")
