"""`pillarbox reply`: what a server's replies mean."""

import codecs
import json
import re
import sys
from collections.abc import Iterable

import click

from pillarbox.domain.classification import classify
from pillarbox.domain.reply import Reply, Verb

_LINE = re.compile(
    r"(?P<code>[2-5][0-9]{2})(?:[ \t:-]+(?P<enhanced>[245]\.[0-9]{1,3}\.[0-9]{1,3})(?=[ \t]|$))?"
    r"(?:[ \t:-]+(?P<text>.*))?",
    re.DOTALL,
)


class _UnreadableError(Exception):
    """A line that is no final reply; `str()` says why."""


@click.command()
@click.argument("replies", nargs=-1)
def reply(replies: tuple[str, ...]) -> None:
    """Say what SMTP replies mean: each REPLY, or each line of standard input (`-`), as a JSON line.

    A reply is CODE [ENHANCED] text, quoted as one argument: '550 5.1.1 No such
    user'. It is read as an answer to RCPT. What is none is named on standard
    error; the others are printed all the same, and the exit status is 1.
    """
    is_whole = True
    given = _lines() if replies in {(), ("-",)} else replies
    for number, line in enumerate(given, start=1):
        if not line.strip():
            continue
        try:
            click.echo(json.dumps(_document(line)))
        except _UnreadableError as error:
            is_whole = False
            click.echo(f"line {number}: {error}", err=True)
    if not is_whole:
        sys.exit(1)


def _lines() -> Iterable[str]:
    """Read standard input; a line ends in LF or CRLF, and what is not UTF-8 is replaced.

    A byte order mark before the first line is none of it.
    """
    for number, line in enumerate(sys.stdin.buffer):
        octets = line if number else line.removeprefix(codecs.BOM_UTF8)
        yield octets.rstrip(b"\r\n").decode("utf-8", "replace")


def _document(line: str) -> dict[str, str | None]:
    said = _read(line.strip())
    if said.is_positive:
        outcome, category = "sent", None
    else:
        outcome = "deferred" if said.is_transient else "bounced"
        category = str(classify(said).category)
    return {
        "reply": line,
        "outcome": outcome,
        "category": category,
        "rule": classify(said).rule,
    }


def _read(line: str) -> Reply:
    match = _LINE.fullmatch(line)
    if match is None:
        raise _UnreadableError(
            f"not a reply (CODE [ENHANCED] text, with a code from 200 to 599): {line[:80]!r}"
        )
    said = Reply(int(match["code"]), match["text"] or "", Verb.RCPT, match["enhanced"])
    if said.is_intermediate:
        raise _UnreadableError(f"{said.code} asks for more, and is nobody's outcome: {line[:80]!r}")
    return said
