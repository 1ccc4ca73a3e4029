"""Whether the sum balances: what was accepted, by what became of it, as the API tells it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

import requests

from tests.servers.installation import Document

UNDER_WAY = "under way"
ENDED = frozenset({"sent", "bounced", "expired", "cancelled", "uncertain"})


class Api(Protocol):
    """What can be asked."""

    def get(self, path: str) -> requests.Response:
        """GET anything, with a key that may read all of it."""


class Account:
    """Every message of an installation, read page by page when it is made."""

    def __init__(self, running: Api) -> None:
        self._running = running
        self.messages = list(_pages(running))

    @property
    def recipients(self) -> Counter[str]:
        """How many recipients there are of each fate; an uncertain one with a retry is none yet."""
        return Counter(
            _fate(recipient) for message in self.messages for recipient in message["recipients"]
        )

    @property
    def attempts(self) -> list[int]:
        """How often each recipient was tried."""
        return [
            recipient["attempts"]
            for message in self.messages
            for recipient in message["recipients"]
        ]

    @property
    def settled(self) -> bool:
        """Whether nothing is under way."""
        return not self.recipients[UNDER_WAY]

    def lost(self, accepted: Iterable[str]) -> set[str]:
        """Return the ids that were answered with 202 and are not there."""
        return set(accepted) - {message["id"] for message in self.messages}

    def unexplained(self, arrived: Sequence[str]) -> dict[str, int]:
        """Return what arrived too often or never, by Message-ID; `arrived` is the relay's word.

        A sent message has arrived; it has arrived once more for each attempt
        that was uncertain, at the most.
        """
        found = Counter(arrived)
        wrong = {}
        for message in self.messages:
            count = found[message["internet_message_id"]]
            sent = any(each["status"] == "sent" for each in message["recipients"])
            if (count == 0 and sent) or (count > 1 and count > 1 + self._uncertain(message)):
                wrong[message["internet_message_id"]] = count
        return wrong

    def _uncertain(self, message: Document) -> int:
        attempts = self._running.get(f"/v1/messages/{message['id']}/attempts").json()["data"]
        return sum(each["outcome"] == "uncertain" for each in attempts)


def _pages(running: Api) -> Iterable[Document]:
    path = "/v1/messages?limit=500"
    while path:
        answer = running.get(path)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        yield from page["data"]
        cursor = page["next_cursor"]
        path = f"/v1/messages?limit=500&cursor={cursor}" if cursor else ""


def _fate(recipient: Document) -> str:
    if recipient["status"] not in ENDED or recipient["next_attempt_at"]:
        return UNDER_WAY
    return str(recipient["status"])
