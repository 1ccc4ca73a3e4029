"""Callers that post at a steady rate, and each mail again with its key until it has a 202."""

import queue
import threading
import time
from collections import Counter

import requests

from tests.chaos.mix import Mail, Mix
from tests.crew import Crew
from tests.servers.installation import Installation

CALLERS = 8
AGAIN_SECONDS = 0.2
"""Between two tries of one mail."""
ANSWER_SECONDS = 20.0
_CANCEL_ANSWERS = (requests.codes.ok, requests.codes.conflict, requests.codes.unavailable)


class Callers(Crew):
    """Post in threads from `start` to `finish`; then each mail that was made has its 202."""

    def __init__(self, running: Installation, mix: Mix, *, rate: float) -> None:
        self.accepted: dict[str, str] = {}
        """The id of each message, by the mail's key."""
        self.posted: dict[str, Mail] = {}
        self.answers: Counter[str] = Counter()
        """By status, or by what kept an answer from coming."""
        self.wrong: list[str] = []
        """Answers that no outage excuses."""
        self._running = running
        self._mix = mix
        self._seconds = 1 / rate
        self._abandoned = threading.Event()
        self._waiting: queue.Queue[Mail | None] = queue.Queue()
        self._lock = threading.Lock()
        callers = [
            threading.Thread(target=self._call, name=f"chaos-caller-{number}")
            for number in range(CALLERS)
        ]
        super().__init__([threading.Thread(target=self._produce, name="chaos-mails"), *callers])

    def abandon(self) -> None:
        """End at once, whatever is in doubt."""
        self._abandoned.set()
        self.finish()

    def _produce(self) -> None:
        due = time.monotonic()
        while not self._ending.wait(max(0.0, due - time.monotonic())):
            due += self._seconds
            self._waiting.put(self._mix.next())
        for _ in range(CALLERS):
            self._waiting.put(None)

    def _call(self) -> None:
        with requests.Session() as session:
            session.headers.update(self._running.authorization)
            while (mail := self._waiting.get()) is not None:
                with self._lock:
                    self.posted[mail.key] = mail
                while not self._post(session, mail):
                    if self._abandoned.wait(AGAIN_SECONDS):
                        return
                if mail.is_regretted and mail.key in self.accepted:
                    self._cancel(session, mail)

    def _post(self, session: requests.Session, mail: Mail) -> bool:
        """Post once; whether that is the end of it."""
        try:
            answer = session.post(
                f"{self._running.url}/v1/messages",
                json=mail.document,
                headers={"Idempotency-Key": mail.key},
                timeout=ANSWER_SECONDS,
            )
        except requests.RequestException as error:
            self._count(type(error).__name__)
            return False
        self._count(str(answer.status_code))
        if answer.status_code == requests.codes.accepted:
            with self._lock:
                self.accepted[mail.key] = answer.json()["id"]
            return True
        if answer.status_code in (requests.codes.unavailable, requests.codes.conflict):
            return False
        with self._lock:
            self.wrong.append(f"{mail.key}: {answer.status_code} {answer.text}")
        return True

    def _cancel(self, session: requests.Session, mail: Mail) -> None:
        """Cancel once: it may be too late, or the answer may be lost; then nobody knows."""
        path = f"/v1/messages/{self.accepted[mail.key]}/cancel"
        try:
            answer = session.post(self._running.url + path, timeout=ANSWER_SECONDS)
        except requests.RequestException as error:
            self._count(f"cancel {type(error).__name__}")
            return
        self._count(f"cancel {answer.status_code}")
        if answer.status_code not in _CANCEL_ANSWERS:
            with self._lock:
                self.wrong.append(f"{path}: {answer.status_code} {answer.text}")

    def _count(self, what: str) -> None:
        with self._lock:
            self.answers[what] += 1
