"""The verdict on a run finds what it is there to find: else a run that balances proves nothing."""

from email.message import EmailMessage
from typing import Any, cast

import pytest

from tests.chaos.house import House
from tests.chaos.mix import Mail, Mix
from tests.chaos.verdict import Verdict, judge
from tests.servers.kept_mail import KeptMail

ID = "msg_1"
MESSAGE_ID = "<msg_1@acme.test>"
ADA = "ada@chaos.example"


class _Answer:
    status_code = 200
    text = ""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def json(self) -> dict[str, Any]:
        return self._document


class _House:
    """One message to Ada, as its API tells it and as its relay has it."""

    def __init__(
        self, status: str, *, arrived: int, uncertain: int = 0, next_attempt_at: str | None = None
    ) -> None:
        self.running = self.stage = self
        self._arrived = arrived
        self._uncertain = uncertain
        self._message = {
            "id": ID,
            "internet_message_id": MESSAGE_ID,
            "recipients": [
                {
                    "email": ADA,
                    "status": status,
                    "attempts": 1 + uncertain,
                    "next_attempt_at": next_attempt_at,
                }
            ],
        }

    def get(self, path: str) -> _Answer:
        if path.endswith("/attempts"):
            return _Answer({"data": [{"outcome": "uncertain"}] * self._uncertain})
        return _Answer({"data": [self._message], "next_cursor": None})

    def mails(self) -> list[KeptMail]:
        message = EmailMessage()
        message["Delivered-To"] = ADA
        message["Message-ID"] = MESSAGE_ID
        return [KeptMail(bytes(message))] * self._arrived


def _judge(house: _House, accepted: dict[str, str] | None = None) -> Verdict:
    posted = {"chaos-1": Mail("chaos-1", {"to": [ADA]})}
    return judge(cast("House", house), posted, {"chaos-1": ID} if accepted is None else accepted)


@pytest.mark.parametrize(
    ("status", "arrived", "uncertain"),
    [("sent", 1, 0), ("sent", 2, 1), ("bounced", 0, 0), ("uncertain", 4, 4), ("uncertain", 0, 4)],
)
def test_what_balances_has_no_fault(status: str, arrived: int, uncertain: int) -> None:
    verdict = _judge(_House(status, arrived=arrived, uncertain=uncertain))

    assert [] == verdict.faults
    assert {status: 1} == verdict.recipients


@pytest.mark.parametrize(
    ("house", "fault"),
    [
        (_House("sent", arrived=0), "has not arrived"),
        (_House("sent", arrived=2), "arrived 2 times, after 0 uncertain"),
        (_House("sent", arrived=3, uncertain=1), "arrived 3 times, after 1 uncertain"),
        (_House("bounced", arrived=1), "arrived 1 times, after 0 uncertain"),
        (_House("queued", arrived=0, next_attempt_at="soon"), "still under way"),
    ],
)
def test_what_does_not_balance_is_a_fault(house: _House, fault: str) -> None:
    assert fault in "\n".join(_judge(house).faults)


def test_a_message_that_was_accepted_and_is_not_there_is_lost() -> None:
    verdict = _judge(_House("sent", arrived=1), {"chaos-1": ID, "chaos-2": "msg_2"})

    assert "msg_2 was accepted, and is lost" in verdict.faults


def test_a_message_that_nobody_was_told_of_is_a_fault() -> None:
    verdict = _judge(_House("sent", arrived=1), {})

    assert "chaos-1 was never accepted" in verdict.faults
    assert f"{ID} is stored, and was never accepted" in verdict.faults


def test_the_mails_of_a_seed_are_the_same_again() -> None:
    """A run that broke can be repeated."""
    first, second = Mix(7), Mix(7)

    assert [first.next() for _ in range(50)] == [second.next() for _ in range(50)]
    assert Mix(7).next() != Mix(8).next()
