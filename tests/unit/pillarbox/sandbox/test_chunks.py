"""BDAT: counted octets, whatever they are (RFC 3030)."""

import pytest

from pillarbox.sandbox.limits import Limits
from tests.unit.pillarbox.sandbox.talk import logged_in

BEGIN = b"MAIL FROM:<a@one.test>\r\nRCPT TO:<b@two.test>\r\n"


def test_chunks_are_put_together_and_no_dot_is_touched() -> None:
    talk = logged_in()
    said = BEGIN + b"BDAT 6\r\n.\r\n..\rBDAT 4\r\n\n.\r\nBDAT 0 LAST\r\n"
    assert talk.codes(said) == [250, 250, 250, 250, 250]
    assert talk.kept[0].content == b".\r\n..\r\n.\r\n"


def test_whole_transactions_share_a_group() -> None:
    talk = logged_in()
    transaction = BEGIN + b"BDAT 8 LAST\r\nA: b\r\n\r\n"
    assert talk.codes(transaction * 50) == [250] * 150
    assert len(talk.kept) == 50


def test_the_octets_of_a_refused_chunk_are_no_commands() -> None:
    """RFC 3030 2: they are read and thrown away."""
    talk = logged_in()
    assert talk.codes(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n") == [503, 250]
    assert talk.codes(b"MAIL FROM:<>\r\nBDAT 6\r\nQUIT\r\nNOOP\r\n") == [250, 554, 250]


def test_data_after_bdat_is_refused() -> None:
    """RFC 3030 3."""
    talk = logged_in()
    assert talk.codes(BEGIN + b"BDAT 2\r\n\r\nDATA\r\n") == [250, 250, 250, 503]
    assert talk.codes(b"RCPT TO:<c@two.test>\r\nRSET\r\n") == [503, 250]
    assert talk.codes(BEGIN + b"DATA\r\n") == [250, 250, 354]


def test_too_many_octets_are_552_to_every_chunk_until_the_last() -> None:
    talk = logged_in(Limits(message_size=10))
    assert talk.codes(BEGIN + b"BDAT 11\r\n12345678901BDAT 2 LAST\r\n\r\n") == [250, 250, 552, 552]
    assert talk.codes(BEGIN + b"BDAT 2 LAST\r\n\r\n") == [250, 250, 250]
    assert [mail.content for mail in talk.kept] == [b"\r\n"]


@pytest.mark.parametrize("octets", [b"a\nb\r\n", b"a\rb\r\n", b"a\r"])
def test_a_bare_line_end_is_refused_here_too(octets: bytes) -> None:
    talk = logged_in()
    said = BEGIN + b"BDAT %d LAST\r\n" % len(octets) + octets
    assert talk.codes(said) == [250, 250, 521]
    assert talk.kept == []


@pytest.mark.parametrize("argument", [b"", b"x", b"-1", b"5 FIRST", b"1" * 21])
def test_a_count_that_cannot_be_read_ends_the_session(argument: bytes) -> None:
    talk = logged_in()
    assert talk.codes(b"BDAT " + argument + b"\r\nNOOP\r\n") == [501]
    assert talk.is_closed
