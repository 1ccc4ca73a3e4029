"""The relay that answers at once pairs a reply with every command, however it comes."""

from bench.smtp.ready_relay import Conversation

ENVELOPE = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"


def _codes(said: bytes) -> list[bytes]:
    return [line[:3] for line in said.splitlines()]


def test_a_group_is_answered_in_one_write() -> None:
    """RFC 2920 3.2: as many replies as commands, the content between them taken."""
    conversation = Conversation()

    assert [b"250", b"250", b"354"] == _codes(conversation.answers(ENVELOPE + b"DATA\r\n"))
    said = conversation.answers(b"x\r\n..y\r\n.\r\n" + ENVELOPE + b"DATA\r\n")
    assert [b"250", b"250", b"250", b"354"] == _codes(said)


def test_a_chunk_is_counted_and_not_read() -> None:
    """RFC 3030 2: whatever its octets look like."""
    conversation = Conversation()
    chunk = b"QUIT\r\n.\r\n"

    said = conversation.answers((ENVELOPE + b"BDAT 9 LAST\r\n" + chunk) * 2)

    assert [b"250"] * 6 == _codes(said)


def test_octets_may_come_one_by_one() -> None:
    conversation = Conversation()
    octets = ENVELOPE + b"BDAT 3 LAST\r\nx\r\nRSET\r\nMAIL FROM:<>\r\nDATA\r\ny\r\n.\r\nQUIT\r\n"

    said = b"".join(conversation.answers(bytes([octet])) for octet in octets)

    assert [b"250"] * 5 + [b"354", b"250", b"221"] == _codes(said)
