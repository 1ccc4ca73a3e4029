"""The books of one transaction: who was taken, who was refused, and by which reply.

1. Every recipient ends with exactly one verdict, its own (RFC 5321 3.3).
2. A refused MAIL speaks for all; replies that were pipelined behind it say nothing.
3. 452 and 552 to RCPT after others were taken mean "too many at once": these go
   into a further round, at once (RFC 5321 4.5.3.1.10).
4. After the terminator's first byte, a verdict that does not come is `reply_lost`,
   never a refusal and never a mere `connection_lost`.
"""

from collections.abc import Sequence
from typing import Final

from pillarbox.domain.reply import Reply, Verb
from workers.smtp.capabilities import Capabilities
from workers.smtp.commands import Command, mail, rcpt
from workers.smtp.data import WireContent
from workers.smtp.errors import ArgumentRefusedError, Fault, FaultCode
from workers.smtp.pipeline import Asked
from workers.smtp.trace import Step
from workers.smtp.transaction import Transaction, Verdict

TOO_MANY_RECIPIENTS: Final = frozenset({452, 552})

_HEADER_END: Final = (b"\r\n\r\n", b"\n\n", b"\r\r")


class Ledger:
    """Listens to the replies of one transaction; `open` are the recipients still to be tried.

    Made with the capabilities in force, it has already refused what the relay
    cannot carry, so that no byte of it is sent.
    """

    def __init__(self, transaction: Transaction, capabilities: Capabilities) -> None:
        self.transaction = transaction
        self.content = WireContent.of(transaction.content)
        self.steps: list[Step] = []
        self.data_may_have_ended = False
        self.mail_taken = False
        self.any_taken = False
        self.mail: Command | None = None
        self._verdicts: list[Verdict | None] = [None] * len(transaction.recipients)
        self._rcpts: list[Command | None] = [None] * len(transaction.recipients)
        self._round: list[int] = []
        self._taken: list[int] = []
        self._ending = False
        self.mail_reply: Reply | None = None
        self._data_reply: Reply | None = None
        self._end_reply: Reply | None = None
        self._prepare(capabilities)

    @property
    def settled(self) -> bool:
        """Whether everybody has a verdict."""
        return None not in self._verdicts

    @property
    def open(self) -> list[int]:
        """The places of those without a verdict."""
        return [place for place, verdict in enumerate(self._verdicts) if verdict is None]

    @property
    def taken(self) -> list[int]:
        """The places of those whom the server took in this round."""
        return self._taken

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """All verdicts, once there are."""
        return tuple([verdict for verdict in self._verdicts if verdict is not None])

    @property
    def mail_refused(self) -> bool:
        """Whether this round's MAIL was refused."""
        return self.mail_reply is not None and not self.mail_reply.is_positive

    @property
    def first_refusal(self) -> Reply | None:
        """The reply to MAIL or, if that was taken, to the first RCPT, if it is a refusal."""
        if self.mail_reply is None or self.mail_refused:
            return self.mail_reply
        first = self._verdicts[0] if self._verdicts else None
        return first if isinstance(first, Reply) and not first.is_positive else None

    @property
    def content_expected(self) -> bool:
        """Whether the server answered DATA with 354."""
        return self._data_reply is not None and self._data_reply.is_intermediate

    def begin_round(self) -> list[tuple[int, Command]]:
        """Begin a round with all that are open, and return their RCPT commands."""
        places = self.open
        self._begin(places)
        return [(place, command) for place in places if (command := self._rcpts[place])]

    def heard(self, asked: Asked, reply: Reply, milliseconds: float) -> None:
        """Enter the reply to one command."""
        place = asked.position
        recipient = None if place is None else self.transaction.recipients[place]
        self.steps.append(Step(asked.verb, reply, milliseconds, recipient))
        if asked.verb is Verb.MAIL:
            self.mail_reply = reply
            self.mail_taken = self.mail_taken or reply.is_positive
        elif asked.verb is Verb.RCPT and place is not None:
            self._heard_rcpt(place, reply)
        elif asked.verb is Verb.DATA:
            self._data_reply = reply
        elif asked.verb is Verb.END_OF_DATA:
            self._end_reply = reply

    def end_begins(self) -> None:
        """Note that the terminator's first byte was handed over."""
        if self._taken:
            self._ending = True
            self.data_may_have_ended = True

    def finish_round(self) -> None:
        """Enter the verdicts that this round's replies amount to."""
        if self.mail_reply is not None and not self.mail_reply.is_positive:
            self._enter(self._round, self.mail_reply)
            return
        verdict = self._end_reply
        if verdict is None and self._data_reply is not None and not self.content_expected:
            verdict = self._data_reply
        if verdict is not None:
            self._enter(self._taken, verdict)

    def fail(self, fault: Fault, unanswered: Sequence[Asked] = (), at: float = 0.0) -> None:
        """Enter what the end of the conversation means for those without a verdict."""
        for asked in unanswered:
            if asked.listener is self:
                place = asked.position
                recipient = None if place is None else self.transaction.recipients[place]
                self.steps.append(Step(asked.verb, None, (at - asked.at) * 1_000, recipient))
        self.finish_round()
        if self._ending:
            self._enter(self._taken, Fault(FaultCode.REPLY_LOST, fault.detail))
        self._enter(self.open, fault)

    def _begin(self, places: list[int]) -> None:
        self._round = places
        self._taken = []
        self._ending = False
        self.mail_reply = None
        self._data_reply = None
        self._end_reply = None

    def _heard_rcpt(self, place: int, reply: Reply) -> None:
        if self.mail_refused:
            return
        if reply.is_positive:
            self._taken.append(place)
            self.any_taken = True
        elif not (self._taken and reply.code in TOO_MANY_RECIPIENTS):
            self._verdicts[place] = reply

    def _enter(self, places: Sequence[int], verdict: Verdict) -> None:
        for place in places:
            if self._verdicts[place] is None:
                self._verdicts[place] = verdict

    def _prepare(self, capabilities: Capabilities) -> None:
        transaction = self.transaction
        content = transaction.content
        ascii_only = content.isascii()
        utf8 = self._utf8_for_all(ascii_only=ascii_only)
        size = self.content.size if capabilities.offers_size else None
        fault = _fault_of_content(content, size, capabilities, ascii_only=ascii_only)
        if fault is not None:
            self._enter(self.open, fault)
        elif not capabilities.smtputf8:
            self._refuse_utf8(for_all=utf8)
        utf8 = self._encode_recipients() or utf8
        try:
            self.mail = mail(transaction.sender, size=size, eight_bit=not ascii_only, utf8=utf8)
        except ArgumentRefusedError as refused:
            self._enter(self.open, Fault(FaultCode.INVALID_ARGUMENT, str(refused)))

    def _utf8_for_all(self, *, ascii_only: bool) -> bool:
        """Whether the sender or the headers need SMTPUTF8 (RFC 6531 3.4)."""
        transaction = self.transaction
        if transaction.utf8_headers:
            return True
        if transaction.sender is not None and not transaction.sender.ascii_local:
            return True
        return not ascii_only and not _header(transaction.content).isascii()

    def _refuse_utf8(self, *, for_all: bool) -> None:
        detail = "SMTPUTF8 is needed and the relay does not offer it"
        fault = Fault(FaultCode.SMTPUTF8_UNAVAILABLE, detail)
        for place in self.open:
            if for_all or not self.transaction.recipients[place].ascii_local:
                self._verdicts[place] = fault

    def _encode_recipients(self) -> bool:
        """Write the RCPT commands; return whether one of them needs SMTPUTF8."""
        utf8 = False
        for place, recipient in enumerate(self.transaction.recipients):
            if self._verdicts[place] is not None:
                continue
            try:
                self._rcpts[place] = rcpt(recipient)
                utf8 = utf8 or not recipient.ascii_local
            except ArgumentRefusedError as refused:
                self._verdicts[place] = Fault(FaultCode.INVALID_ARGUMENT, str(refused))
        return utf8


def _fault_of_content(
    content: bytes, size: int | None, capabilities: Capabilities, *, ascii_only: bool
) -> Fault | None:
    """Say why the relay cannot carry this content, if it cannot."""
    if b"\0" in content:
        detail = "the content holds NUL, which is in no text (RFC 5322 4)"
        return Fault(FaultCode.INVALID_ARGUMENT, detail)
    if not ascii_only and not capabilities.eight_bit:
        detail = "the content has 8-bit octets and the relay does not offer 8BITMIME"
        return Fault(FaultCode.EIGHT_BIT_UNAVAILABLE, detail)
    if size is not None and capabilities.size is not None and size > capabilities.size:
        return Fault(FaultCode.TOO_LARGE, f"{size} octets; the relay takes {capabilities.size}")
    return None


def _header(content: bytes) -> bytes:
    """Return the top header, whatever its line ends."""
    ends = [end for mark in _HEADER_END if (end := content.find(mark)) >= 0]
    return content[: min(ends)] if ends else content
