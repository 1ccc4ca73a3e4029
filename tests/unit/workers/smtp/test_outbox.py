"""What was handed over, counted to the byte."""

from tests.laws.registry import law
from workers.smtp.outbox import Outbox


@law("one-write")
def test_small_blocks_go_out_in_one_write() -> None:
    """One write per group, against Nagle and delayed ACKs."""
    outbox = Outbox()
    for block in (b"MAIL\r\n", b"RCPT\r\n", b"DATA\r\n"):
        outbox.put(block)

    assert b"MAIL\r\nRCPT\r\nDATA\r\n" == bytes(outbox.head())


def test_what_was_not_taken_comes_again() -> None:
    """A partial write goes on where it stopped."""
    outbox = Outbox()
    outbox.put(b"abcdef")
    outbox.head()

    assert not outbox.taken(2)
    assert b"cdef" == bytes(outbox.head())
    assert outbox.taken(4)
    assert not outbox


def test_nothing_behind_a_bar_goes_out() -> None:
    """The terminator waits for leave."""
    outbox = Outbox()
    outbox.put(b"body")
    outbox.bar()
    outbox.put(b".\r\n")
    first = bytes(outbox.head())
    outbox.taken(4)

    assert (b"body", b"", True) == (first, bytes(outbox.head()), outbox.barred)
    outbox.lift()
    assert b".\r\n" == bytes(outbox.head())


def test_what_is_dropped_is_never_handed_out() -> None:
    """421: nothing is written to a server that closes."""
    outbox = Outbox()
    outbox.put(b"abc")
    outbox.head()
    outbox.taken(1)
    outbox.drop()

    assert (b"", False, 1, 1) == (bytes(outbox.head()), bool(outbox), outbox.handed, outbox.end)
