"""What one relay is to be told of one transaction: made once, before a byte is sent.

Whatever the relay cannot carry has its verdict already.
"""

from dataclasses import dataclass
from typing import Final

from workers.smtp.capabilities import Capabilities
from workers.smtp.commands import mail_line, rcpt_line
from workers.smtp.data import WireContent
from workers.smtp.dsn import mail_parameters, rcpt_parameters
from workers.smtp.errors import ArgumentRefusedError, Fault, FaultCode
from workers.smtp.transaction import Transaction, Verdict

_HEADER_END: Final = (b"\r\n\r\n", b"\n\n", b"\r\r")


@dataclass(slots=True)
class Envelope:
    """The lines and the content of one transaction.

    `rcpts` and `verdicts` are parallel to the recipients; who has a verdict has no
    line.
    """

    content: WireContent
    mail: bytes
    rcpts: list[bytes]
    verdicts: list[Verdict | None]


def envelope_for(transaction: Transaction, capabilities: Capabilities) -> Envelope:
    """Write the envelope for a relay with these capabilities."""
    return _usual(transaction, capabilities) or _any(transaction, capabilities)


def _usual(transaction: Transaction, capabilities: Capabilities) -> Envelope | None:
    """Write one that needs nothing of the relay, as nearly all do; None if it is no such one."""
    octets, sender = transaction.content, transaction.sender
    odd = transaction.utf8_headers or transaction.dsn is not None or b"\0" in octets
    if odd or not (octets.isascii() and (sender is None or sender.local.isascii())):
        return None
    content = WireContent.of(octets)
    size = len(content.octets)
    if capabilities.size is not None and size > capabilities.size:
        return None
    try:
        mail = mail_line(sender, size=size if capabilities.offers_size else None)
        rcpts = list(map(rcpt_line, transaction.recipients))
    except ArgumentRefusedError:
        return None
    if not b"".join(rcpts).isascii():
        return None
    return Envelope(content, mail, rcpts, [None] * len(rcpts))


def _any(transaction: Transaction, capabilities: Capabilities) -> Envelope:
    recipients = transaction.recipients
    envelope = Envelope(WireContent(b""), b"", [b""] * len(recipients), [None] * len(recipients))
    octets = transaction.content
    seven_bit = octets.isascii()
    if not (seven_bit or capabilities.eight_bit or transaction.seven_bit is None):
        octets = transaction.seven_bit()
        seven_bit = octets.isascii()
    envelope.content = WireContent.of(octets)
    size = envelope.content.size if capabilities.offers_size else None
    fault = _fault_of_content(octets, size, capabilities, seven_bit=seven_bit)
    utf8 = fault is None and _needs_utf8(transaction, octets, seven_bit=seven_bit)
    if not capabilities.smtputf8:  # whoever needs it is told so, whatever else is in the way
        _refuse_utf8(envelope, transaction, for_all=utf8)
    if fault is not None:
        _refuse(envelope, fault)
        return envelope
    utf8 = _write_rcpts(envelope, transaction, capabilities) or utf8
    dsn = transaction.dsn if capabilities.dsn else None
    try:
        envelope.mail = mail_line(
            transaction.sender,
            size=size,
            eight_bit=not seven_bit,
            utf8=utf8,
            parameters=b"" if dsn is None else mail_parameters(dsn),
        )
    except ArgumentRefusedError as refused:
        _refuse(envelope, Fault(FaultCode.INVALID_ARGUMENT, str(refused)))
    return envelope


def _refuse(envelope: Envelope, fault: Fault) -> None:
    envelope.verdicts = [verdict or fault for verdict in envelope.verdicts]


def _needs_utf8(transaction: Transaction, octets: bytes, *, seven_bit: bool) -> bool:
    """Whether the sender or the headers need SMTPUTF8 (RFC 6531 3.4)."""
    if transaction.utf8_headers:
        return True
    if transaction.sender is not None and not transaction.sender.local.isascii():
        return True
    return not seven_bit and not _header(octets).isascii()


def _refuse_utf8(envelope: Envelope, transaction: Transaction, *, for_all: bool) -> None:
    for place, recipient in enumerate(transaction.recipients):
        if for_all or not recipient.local.isascii():
            detail = "SMTPUTF8 is needed and the relay does not offer it"
            envelope.verdicts[place] = Fault(FaultCode.SMTPUTF8_UNAVAILABLE, detail)


def _write_rcpts(envelope: Envelope, transaction: Transaction, capabilities: Capabilities) -> bool:
    """Write the RCPT commands; return whether one of them needs SMTPUTF8."""
    utf8 = False
    dsn = transaction.dsn if capabilities.dsn else None
    for place, recipient in enumerate(transaction.recipients):
        if envelope.verdicts[place] is not None:
            continue
        try:
            parameters = b"" if dsn is None else rcpt_parameters(dsn, place)
            envelope.rcpts[place] = rcpt_line(recipient, parameters)
            utf8 = utf8 or not recipient.local.isascii()
        except ArgumentRefusedError as refused:
            envelope.verdicts[place] = Fault(FaultCode.INVALID_ARGUMENT, str(refused))
    return utf8


def _fault_of_content(
    octets: bytes, size: int | None, capabilities: Capabilities, *, seven_bit: bool
) -> Fault | None:
    """Say why the relay cannot carry this content, if it cannot."""
    if b"\0" in octets:
        detail = "the content holds NUL, which is in no text (RFC 5322 4)"
        return Fault(FaultCode.INVALID_ARGUMENT, detail)
    if not seven_bit and not capabilities.eight_bit:
        detail = "the content has 8-bit octets and the relay does not offer 8BITMIME"
        return Fault(FaultCode.EIGHT_BIT_UNAVAILABLE, detail)
    if size is not None and capabilities.size is not None and size > capabilities.size:
        return Fault(FaultCode.TOO_LARGE, f"{size} octets; the relay takes {capabilities.size}")
    return None


def _header(octets: bytes) -> bytes:
    """Return the top header, whatever its line ends."""
    ends = [end for mark in _HEADER_END if (end := octets.find(mark)) >= 0]
    return octets[: min(ends)] if ends else octets
