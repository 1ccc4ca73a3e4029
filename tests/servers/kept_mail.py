"""A mail as a relay has kept it in a Maildir."""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

TRACE = re.compile(
    rb"(?:(?:Return-Path|X-Original-To|Delivered-To|Envelope-To|Delivery-Date):[^\n]*\n)+",
    re.IGNORECASE,
)
RECEIVED = re.compile(rb"Received:[^\n]*\n(?:[ \t][^\n]*\n)*")


@dataclass(frozen=True, slots=True)
class KeptMail:
    """One mail: the file's bytes, the same parsed, and the envelope it came in."""

    raw: bytes

    @classmethod
    def from_file(cls, path: Path) -> "KeptMail":
        """Read a file of a Maildir."""
        return cls(path.read_bytes())

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def sender(self) -> str:
        """The reverse-path of MAIL, without its brackets; empty for the null path."""
        return str(self._trace.get("Return-Path", "")).strip("<>")

    @property
    def recipients(self) -> list[str]:
        """The forward-paths of RCPT. A mail to several is kept once for each."""
        names = ("Delivered-To", "Envelope-To")  # Exim says it so
        return [str(value) for name in names for value in self._trace.get_all(name, [])]

    @property
    def _trace(self) -> EmailMessage:
        """What the relay has put before all else; it is asked for more often than the rest."""
        found = TRACE.match(self.raw)
        return message_from_bytes(found[0] if found else b"", policy=policy.default)

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


class Keeper(ABC):
    """A server that keeps what is delivered in a Maildir."""

    @property
    @abstractmethod
    def _inbox(self) -> Path:
        """The Maildir."""

    def mails(self, to: str | None = None) -> list[KeptMail]:
        """Read what was delivered, in order of arrival: one mail for each recipient."""
        mails = kept_mails(self._inbox)
        return [mail for mail in mails if to is None or to in mail.recipients]

    def forget(self) -> None:
        """Remove the mails that were delivered."""
        for folder in ("new", "cur"):
            for path in (self._inbox / folder).glob("*"):
                path.unlink()
