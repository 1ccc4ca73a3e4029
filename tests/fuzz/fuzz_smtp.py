"""Searches for what a relay could say to break the conversation: `make fuzz`.

    python -m tests.fuzz.fuzz_smtp [--seconds 300 | --runs 1000] [--folder .fuzz]

With atheris the search is guided by coverage; where there is none for this
Python, mutations of the corpus are drawn at random. What is new is kept in
`folder/corpus`, and the next search goes on from there; an input that breaks
something is `folder/crash-…`. Such an input, made small, belongs into
`tests/fuzz/corpus/smtp` with the mending.
"""

import argparse
import hashlib
import importlib
import importlib.util
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus" / "smtp"
DICTIONARY = Path(__file__).parent / "smtp.dict"
INSTRUMENTED = ("workers.smtp", "workers.verdicts", "pillarbox.domain")

LONGEST = 4_096
"""Octets of an input: dozens of replies."""
LONGEST_RUN = 10
"""Seconds: an input that takes longer has found something that does not end."""


def has_atheris() -> bool:
    """Whether the search can be guided by coverage here."""
    return importlib.util.find_spec("atheris") is not None


def main(arguments: Sequence[str]) -> None:
    """Search for so long, or for so many inputs."""
    parser = argparse.ArgumentParser(prog="fuzz_smtp")
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--runs", type=int, default=0, help="in place of seconds; reproducible")
    parser.add_argument("--folder", type=Path, default=Path(".fuzz"))
    asked = parser.parse_args(arguments)
    found = asked.folder / "corpus"
    found.mkdir(parents=True, exist_ok=True)
    if has_atheris():
        _search(asked.folder, seconds=asked.seconds, runs=asked.runs)
    else:
        _draw(asked.folder, _limit(seconds=asked.seconds, runs=asked.runs))


def _search(folder: Path, *, seconds: int, runs: int) -> None:
    """Let libFuzzer search; it ends the process, with 77 if it has found something."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        one_input = importlib.import_module("tests.fuzz.conversation").one_input
    bounds = [f"-runs={runs}", "-seed=1"] if runs else [f"-max_total_time={seconds}"]
    options = [
        *bounds,
        f"-dict={DICTIONARY}",
        f"-artifact_prefix={folder}/",
        f"-max_len={LONGEST}",
        f"-timeout={LONGEST_RUN}",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(folder / "corpus"), str(CORPUS)], one_input)
    atheris.Fuzz()


def _draw(folder: Path, goes_on: Callable[[int], bool]) -> None:
    conversation = importlib.import_module("tests.fuzz.conversation")
    mutation = importlib.import_module("tests.fuzz.mutation")

    def keep(data: bytes) -> None:
        name = f"crash-{hashlib.sha256(data).hexdigest()[:40]}"
        (folder / name).write_bytes(data)
        sys.stderr.write(f"{folder / name}: {data!r}\n")

    corpus = mutation.read_corpus(CORPUS)
    tried = mutation.draw(conversation.one_input, corpus, goes_on, keep)
    sys.stdout.write(f"Done {tried} inputs, drawn at random: atheris is not there\n")


def _limit(*, seconds: int, runs: int) -> Callable[[int], bool]:
    if runs:
        return lambda tried: tried < runs
    end = time.monotonic() + seconds
    return lambda _tried: time.monotonic() < end


if __name__ == "__main__":
    main(sys.argv[1:])
