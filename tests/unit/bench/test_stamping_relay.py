"""The relay that the bench stamps with."""

import smtplib
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from bench.stamping_relay import StampingRelay


@pytest.fixture
def relay() -> Iterator[StampingRelay]:
    with closing(StampingRelay()) as relay:
        yield relay


def test_it_stamps_each_message_and_says_whether_its_connection_is_new(
    relay: StampingRelay,
) -> None:
    before = time.monotonic()
    with smtplib.SMTP("127.0.0.1", relay.port, timeout=10) as client:
        for name in ("ada", "bob"):
            client.sendmail("a@b.test", f"{name}@example.com", b"Subject: x\r\n\r\n..\r\n")

    first, second = relay.taken.get(timeout=5), relay.taken.get(timeout=5)

    assert [("ada@example.com", True), ("bob@example.com", False)] == [
        (taken.recipient, taken.on_new_connection) for taken in (first, second)
    ]
    assert before <= first.at <= second.at <= time.monotonic()


def test_a_command_that_it_does_not_know_is_502(relay: StampingRelay) -> None:
    with smtplib.SMTP("127.0.0.1", relay.port, timeout=10) as client:
        assert 502 == client.docmd("VRFY", "ada")[0]


def test_it_answers_a_whole_pipeline(relay: StampingRelay) -> None:
    with smtplib.SMTP("127.0.0.1", relay.port, timeout=10) as client:
        client.ehlo()
        client.send(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n")
        assert [250, 250, 354] == [client.getreply()[0] for _ in range(3)]
        client.send(b"x\r\n.\r\n")
        assert 250 == client.getreply()[0]
