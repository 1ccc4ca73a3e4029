"""A command line: a verb and what follows it (RFC 5321 2.4, 4.1.1)."""

import re

from pillarbox.sandbox.refusal import Refusal

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""C0, DEL and C1: no command has them, least of all an address that is written to a file."""


def parse_command(line: bytes) -> tuple[str, str]:
    """Split a line, without its CRLF, into the verb in capitals and its argument."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise Refusal(500, "5.5.2", "not UTF-8") from None
    if CONTROL.search(text):
        raise Refusal(500, "5.5.2", "control character in a command")
    verb, _, argument = text.partition(" ")
    return verb.upper(), argument
