from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias

from pillarbox.domain.address import Address
from pillarbox.domain.reply import Reply
from workers.smtp.dsn import DsnRequest
from workers.smtp.errors import Fault, FaultCode
from workers.smtp.trace import ConnectionFacts, Step

Verdict: TypeAlias = Reply | Fault
"""What became of one recipient: what the server said last about it, or what we found.

A positive reply here is always the one to the end of data. A `Fault` with
`reply_lost` means that nobody knows; with any other code the message was not
taken for this recipient.
"""


class RefusalReader(Protocol):
    """Who reads what the words of a refusal say of a session; this library reads digits."""

    def may_end_session(self, refusal: Reply) -> bool:
        """Whether a permanent refusal may speak of this session: a fresh one is worth a try."""

    def limits_session(self, refusal: Reply) -> bool:
        """Whether it says that a session carries no more than so many messages."""


class Illiterate:
    """Reads nothing in words: a `RefusalReader`."""

    def may_end_session(self, refusal: Reply) -> bool:
        """Go by the digits alone."""
        del refusal
        return False

    def limits_session(self, refusal: Reply) -> bool:
        """Learn nothing."""
        del refusal
        return False


@dataclass(frozen=True, slots=True)
class Transaction:
    """One message for some recipients: an envelope and its content.

    `sender` None is the null reverse-path. `content` is RFC 5322 octets; line
    ends are put right on the way. `utf8_headers` says that its headers need
    SMTPUTF8 (RFC 6532); non-ASCII octets in the top header are noticed anyway.
    `dsn` goes with it where the relay offers DSN, and is left out elsewhere.
    `seven_bit` makes the same message in 7-bit octets; it is asked when the
    content has others and the relay does not offer 8BITMIME (RFC 6152 3).
    """

    sender: Address | None
    recipients: tuple[Address, ...]
    content: bytes = field(repr=False)
    utf8_headers: bool = False
    dsn: DsnRequest | None = None
    seven_bit: Callable[[], bytes] | None = field(default=None, repr=False, compare=False)


class TransactionResult(NamedTuple):
    """What came of it: `verdicts`, one per recipient in order, and how it was found out.

    `data_may_have_ended` is True once the first byte of a terminator, or the last
    octet of a last chunk, was handed to the network for a recipient that may
    have been taken, whatever came back. `stale` says that the connection gave
    way before the server took anything of this message, so that it may be
    offered again at no cost. `usable` is the connection's state afterwards.
    """

    transaction: Transaction
    verdicts: tuple[Verdict, ...]
    data_may_have_ended: bool
    steps: tuple[Step, ...]
    connection: ConnectionFacts
    milliseconds: float
    usable: bool
    stale: bool = False

    @property
    def stopped(self) -> bool:
        """Whether our own caller withdrew it."""
        return any(
            isinstance(verdict, Fault) and verdict.code is FaultCode.STOPPED
            for verdict in self.verdicts
        )
