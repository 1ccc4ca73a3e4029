"""What MAIL begins and the end of data ends (RFC 5321 3.3)."""

from pillarbox.sandbox.content import ChunkedContent, DottedContent, too_large
from pillarbox.sandbox.envelope import parse_mail, parse_rcpt
from pillarbox.sandbox.limits import Limits
from pillarbox.sandbox.maildir import Submission
from pillarbox.sandbox.refusal import Refusal, out_of_order
from pillarbox.sandbox.scene import Part, Stage


class Transaction:
    """An envelope, and then its content: by DATA or by BDAT, never by both (RFC 3030 3)."""

    def __init__(self, argument: str, limits: Limits) -> None:
        """Begin with the argument of MAIL; `Refusal` if it cannot be."""
        self._mail = parse_mail(argument)
        self._limits = limits
        self._recipients: list[str] = []
        self._chunks: ChunkedContent | None = None
        self.parts: dict[Stage, Part] = {}
        """What is to be played in it: the first recipient that asks for a stage has it."""
        self.delay = 0.0
        """Seconds that each reply comes late."""
        if self._mail.size > limits.message_size:
            raise too_large(limits.message_size)

    @property
    def sender(self) -> str:
        """The reverse-path; empty for the null path."""
        return self._mail.sender

    def next_recipient(self, argument: str) -> str:
        """Read the argument of RCPT; `Refusal` if it cannot be a recipient here."""
        if self._chunks:
            raise out_of_order("the content has begun")
        recipient = parse_rcpt(argument, is_smtputf8=self._mail.is_smtputf8)
        if len(self._recipients) >= self._limits.recipients:
            raise Refusal(452, "4.5.3", f"more than {self._limits.recipients} recipients")
        return recipient

    def add(self, recipient: str) -> None:
        """Add a recipient."""
        self._recipients.append(recipient)

    def data(self) -> DottedContent:
        """Begin the content that ends with a dot."""
        if self._chunks:
            raise out_of_order("DATA after BDAT")
        self._check_recipients()
        return DottedContent(self._limits.message_size)

    def chunks(self) -> ChunkedContent:
        """Return the content that comes in chunks, begun with the first one."""
        self._check_recipients()
        self._chunks = self._chunks or ChunkedContent(self._limits.message_size)
        return self._chunks

    def submission(self, content: bytes) -> Submission:
        """Put envelope and content together."""
        return Submission(self._mail.sender, tuple(self._recipients), content)

    def _check_recipients(self) -> None:
        if not self._recipients:
            raise Refusal(554, "5.5.1", "no valid recipients")
