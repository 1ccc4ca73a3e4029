"""A folder of mails, one file each, that any mail reader opens."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Submission:
    """A mail as it was handed in: the envelope, and the content with CRLF line ends."""

    sender: str
    recipients: Sequence[str]
    content: bytes


class Maildir:
    """Keeps each mail as a file in `new`, whole or not at all: written in `tmp`, then renamed.

    The envelope stands before the content: `Return-Path:` for the sender, one
    `Delivered-To:` for each recipient; the content follows byte for byte. It is
    not forced to disk: a power cut may cost a test mail.
    """

    def __init__(
        self, folder: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.folder = folder
        self._now = now

    def prepare(self) -> None:
        """Make the three folders of a Maildir where they are missing."""
        for name in ("tmp", "new", "cur"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def keep(self, submission: Submission) -> str:
        """Write the mail down; the id that its file name holds. `OSError` if it cannot be."""
        queue_id = secrets.token_hex(6).upper()
        now = self._now()
        name = f"{int(now.timestamp())}.M{now.microsecond:06}Q{queue_id}.localhost"
        lines = [f"Return-Path: <{submission.sender}>\r\n"]
        lines += [f"Delivered-To: {recipient}\r\n" for recipient in submission.recipients]
        draft = self.folder / "tmp" / name
        try:
            draft.write_bytes("".join(lines).encode() + submission.content)
            draft.rename(self.folder / "new" / name)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        return queue_id

    def file_of(self, queue_id: str) -> Path:
        """Find the file of a mail, read or unread; `FileNotFoundError` if it is gone."""
        for folder in ("new", "cur"):
            for path in (self.folder / folder).glob(f"*Q{queue_id}.*"):
                return path
        raise FileNotFoundError(queue_id)
