"""Replies as bytes, and the refusal that ends a command."""

from collections.abc import Sequence

SERVICE_CLOSING = 421
"""RFC 5321 3.8: whoever says it closes."""


def reply(code: int, enhanced: str | None, *lines: str) -> bytes:
    """Render a reply of one line or several (RFC 5321 4.2.1), each with its enhanced code."""
    texts: Sequence[str] = [f"{enhanced} {line}" if enhanced else line for line in lines]
    rows = [f"{code}-{text}" for text in texts[:-1]] + [f"{code} {texts[-1]}"]
    return "".join(f"{row}\r\n" for row in rows).encode()


class Refusal(Exception):  # noqa: N818 - an answer of the protocol, not a fault of the program
    """The command is not obeyed; `reply` says why. `closes`: nothing more is read after it."""

    def __init__(self, code: int, enhanced: str, text: str, *, closes: bool = False) -> None:
        super().__init__(f"{code} {enhanced} {text}")
        self.code = code
        self.enhanced = enhanced
        self.text = text
        self.closes = closes

    @property
    def reply(self) -> bytes:
        """The bytes to answer."""
        return reply(self.code, self.enhanced, self.text)


def out_of_order(text: str) -> Refusal:
    """Make the answer to a command that has no place here (RFC 5321 4.1.4)."""
    return Refusal(503, "5.5.1", text)


def bare_line_end() -> Refusal:
    """Make the answer to CR or LF alone: only CRLF ends a line (RFC 5321 2.3.8)."""
    return Refusal(521, "5.5.2", "bare CR or LF received; only CRLF ends a line", closes=True)
