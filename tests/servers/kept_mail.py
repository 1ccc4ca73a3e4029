"""A mail as a relay has kept it in a Maildir."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

TRACE = re.compile(rb"(?:(?:Return-Path|X-Original-To|Delivered-To):[^\n]*\n)+")
RECEIVED = re.compile(rb"Received:[^\n]*\n(?:[ \t][^\n]*\n)*")


@dataclass(frozen=True, slots=True)
class KeptMail:
    """One mail: the file's bytes, the same parsed, and the envelope it came in."""

    raw: bytes
    message: EmailMessage

    @classmethod
    def from_file(cls, path: Path) -> "KeptMail":
        """Read a file of a Maildir."""
        raw = path.read_bytes()
        return cls(raw, message_from_bytes(raw, policy=policy.default))

    @property
    def sender(self) -> str:
        """The reverse-path of MAIL, without its brackets; empty for the null path."""
        return str(self.message["Return-Path"]).strip("<>")

    @property
    def recipients(self) -> list[str]:
        """The forward-paths of RCPT. A mail to several is kept by Postfix once for each."""
        return [str(value) for value in self.message.get_all("Delivered-To", [])]

    @property
    def submitted(self) -> bytes:
        """The bytes that followed DATA: without the relay's trace, with CRLF line ends."""
        lines = TRACE.sub(b"", self.raw, count=1)
        return re.sub(rb"\r?\n", b"\r\n", RECEIVED.sub(b"", lines, count=1))


def kept_mails(maildir: Path) -> list[KeptMail]:
    """Read what a Maildir holds, in the order of arrival."""
    files = [path for folder in ("new", "cur") for path in (maildir / folder).glob("*")]
    files.sort(key=lambda path: (path.stat().st_mtime_ns, path.name))
    return [KeptMail.from_file(path) for path in files]
