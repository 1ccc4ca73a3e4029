"""Whatever a relay refuses, wherever it breaks off: of each message is said what became of it."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.domain.address import Address
from pillarbox.domain.reply import Reply
from tests.laws.registry import law
from tests.property.smtp_relay import MemoryRelay, Whims
from workers.smtp.capabilities import Chunking
from workers.smtp.commands import ehlo
from workers.smtp.connection import Connection
from workers.smtp.errors import Fault, FaultCode
from workers.smtp.timeouts import Timeouts
from workers.smtp.transaction import Transaction, TransactionResult
from workers.smtp.transmission import transmit_all

digits = st.lists(st.sampled_from([2, 2, 2, 4, 5]), min_size=1, max_size=5)

whims = st.builds(
    Whims,
    mail=digits,
    rcpt=digits,
    end=digits,
    ends=st.none() | st.integers(len(b"EHLO client.test\r\n") + 1, 1_200),
    says_421=st.booleans(),
    loses=st.booleans(),
    forgets=st.booleans(),
    sizes=st.lists(st.integers(1, 300), min_size=1, max_size=6),
    chunking=st.booleans(),
)


def messages(counts: Sequence[int]) -> list[Transaction]:
    """Make messages with so many recipients each, all different."""
    return [
        Transaction(
            Address(f"s{number}", "example.com"),
            tuple(Address(f"m{number}r{place}", "example.com") for place in range(count)),
            b"X: %d\r\n\r\n.\r\n..\r\n" % number,
        )
        for number, count in enumerate(counts)
    ]


def carried(
    relay: MemoryRelay, transactions: Sequence[Transaction], known: Chunking
) -> list[TransactionResult]:
    """Carry a group over a fresh connection."""
    connection = Connection(relay, "relay.test:25", Timeouts(), relay.clock)
    connection.settled()
    connection.call(ehlo("client.test"))
    connection.chunking = known
    return transmit_all(connection, transactions, lambda: True)


@law("mail-refused", "recipients-apart", "uncertain-after-the-end", "clean-before-the-next")
@given(
    whims,
    st.lists(st.integers(1, 3), min_size=1, max_size=6),
    st.sampled_from([Chunking.PROVEN, Chunking.UNPROVEN]),
)
def test_no_message_is_lost_doubled_or_lied_about(
    whim: Whims, counts: list[int], known: Chunking
) -> None:
    """Sent only what was taken, refused or untried only what was not."""
    relay = MemoryRelay(whim)
    transactions = messages(counts)

    results = carried(relay, transactions, known)

    said = {
        recipient.local: (verdict, result.data_may_have_ended)
        for result in results
        for recipient, verdict in zip(result.transaction.recipients, result.verdicts, strict=True)
    }
    taken = [recipient.partition("@")[0] for each in relay.taken for recipient in each.recipients]
    assert [t.content for t in transactions[: len(results)]] == [
        result.transaction.content for result in results
    ]
    assert results
    assert len(set(taken)) == len(taken)
    for name in taken:
        verdict, may_have_ended = said[name]
        assert may_have_ended
        assert is_sent(verdict) or is_unknown(verdict)
    assert {name for name, (verdict, _) in said.items() if is_sent(verdict)} <= set(taken)


@law("clean-before-the-next")
@given(whims, st.lists(st.integers(1, 3), min_size=1, max_size=6))
def test_no_message_goes_to_another_ones_recipients(whim: Whims, counts: list[int]) -> None:
    """Nor under another one's sender; and it arrives as it was, whatever the way."""
    relay = MemoryRelay(whim)

    carried(relay, messages(counts), Chunking.PROVEN)

    for each in relay.taken:
        number = each.sender.partition("@")[0].removeprefix("s")
        assert {number} == {name[1:].partition("r")[0] for name in each.recipients}
        assert b"X: %s\r\n\r\n.\r\n..\r\n" % number.encode() == each.content


def is_sent(verdict: Reply | Fault) -> bool:
    """Whether it says that the relay took it."""
    return isinstance(verdict, Reply) and verdict.is_positive


def is_unknown(verdict: Reply | Fault) -> bool:
    """Whether it says that nobody knows."""
    return isinstance(verdict, Fault) and verdict.code is FaultCode.REPLY_LOST
