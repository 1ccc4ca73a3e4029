"""`pillarbox reply`, as a person or a pipe uses it."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pillarbox.cli.entry import main


def _run(*arguments: str, lines: bytes = b"") -> Result:
    return CliRunner().invoke(main, ["reply", *arguments], input=lines)


def _documents(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("reply", "outcome", "category"),
    [
        ("250 2.0.0 Ok: queued as 4711", "sent", None),
        ("251 will forward", "sent", None),
        ("550 5.1.1 No such user", "bounced", "invalid_recipient"),
        ("550 No such user", "bounced", "invalid_recipient"),
        ("550-5.1.1 No such user", "bounced", "invalid_recipient"),
        ("550: No such user", "bounced", "invalid_recipient"),
        ("  550 5.1.1 No such user", "bounced", "invalid_recipient"),
        ("550-5.1.1 No such\n550 5.1.1 user", "bounced", "invalid_recipient"),
        ("553 sorry, nobody here is called so (#5.1.1)", "bounced", "invalid_recipient"),
        ("450 4.2.0 Greylisted, try again", "deferred", "greylisted"),
        ("552 5.2.2 mailbox full", "bounced", "mailbox_full"),
        ("421", "deferred", "server_busy"),
        ("550 5.1.1", "bounced", "invalid_recipient"),
    ],
)
def test_a_reply_becomes_its_outcome_and_category(
    reply: str, outcome: str, category: str | None
) -> None:
    """The first digit decides the outcome (RFC 5321 4.2.1); a positive reply has no category."""
    result = _run(reply)

    [document] = _documents(result)
    assert 0 == result.exit_code
    assert (reply, outcome, category) == tuple(
        document[key] for key in ("reply", "outcome", "category")
    )
    assert ["reply", "outcome", "category", "rule"] == list(document)
    assert document["rule"]


def test_replies_come_one_a_line_from_standard_input() -> None:
    """LF and CRLF; a line without an end, and empty lines between; whatever stands in it."""
    result = _run(lines=b"550 5.1.1 a\x0bb\r\n\n450 \xb7\xa2\xd0\xc5\n250 ok")

    assert ["550 5.1.1 a\x0bb", "450 \ufffd\ufffd\ufffd\ufffd", "250 ok"] == [
        document["reply"] for document in _documents(result)
    ]
    assert 0 == result.exit_code


def test_a_dash_is_standard_input() -> None:
    """As for `pillarbox send --text -`."""
    result = _run("-", lines=b"550 5.1.1 No such user\n")

    assert ["550 5.1.1 No such user"] == [each["reply"] for each in _documents(result)]


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    """As some editors begin a file; the first reply would be none."""
    result = _run(lines=b"\xef\xbb\xbf550 5.1.1 No such user\n")

    assert ["550 5.1.1 No such user"] == [each["reply"] for each in _documents(result)]


def test_arguments_are_read_in_place_of_standard_input() -> None:
    """Each is a reply."""
    result = _run("250 ok", "550 no", lines=b"450 later\n")

    assert ["sent", "bounced"] == [document["outcome"] for document in _documents(result)]


@pytest.mark.parametrize(
    "line", ["hello", "55 5.1.1 no", "650 no", "150 no", "5500 no", "550x", "354 go on"]
)
def test_a_line_that_is_no_final_reply_is_named_and_the_others_are_printed(line: str) -> None:
    """By its number, on standard error; the exit status says so at the end."""
    result = _run(lines=f"250 ok\n{line}\n550 no\n".encode())

    assert ["sent", "bounced"] == [document["outcome"] for document in _documents(result)]
    assert 1 == result.exit_code
    [error] = result.stderr.splitlines()
    assert error.startswith("line 2: ")
    assert repr(line) in error


def test_nothing_in_is_nothing_out() -> None:
    """An empty pipe is no error."""
    result = _run()

    assert (0, "", "") == (result.exit_code, result.stdout, result.stderr)
