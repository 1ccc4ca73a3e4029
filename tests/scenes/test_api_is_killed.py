"""kill -9 of the API while it is called."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import requests

from tests.accounting import Account
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

CALLERS = 6
SECONDS_BETWEEN_TRIES = 0.05


class Caller:
    """Posts one message after the other, and each again with its key until it has a 202."""

    def __init__(self, running: Installation, name: int) -> None:
        self.accepted: dict[str, str] = {}
        self.tried_again = 0
        self.stopping = threading.Event()
        self._running = running
        self._name = name

    def __call__(self) -> None:
        """Go on until `stopping`; the last message is not left in doubt either."""
        for number in range(10_000):
            if self.stopping.is_set():
                return
            key = f"{self._name}-{number}"
            while (message_id := self._post(key)) is None:
                self.tried_again += 1
                self.stopping.wait(SECONDS_BETWEEN_TRIES)
            self.accepted[key] = message_id

    def _post(self, key: str) -> str | None:
        document = {"from": "a@acme.test", "to": "b@example.com", "subject": key, "text": "x"}
        headers = {"Idempotency-Key": key} | self._running.authorization
        url = f"{self._running.url}/v1/messages"
        try:
            answer = requests.post(url, json=document, headers=headers, timeout=5)
        except requests.RequestException:
            return None
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])


def test_each_202_is_there_and_a_call_that_was_lost_is_one_message_when_repeated(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """And the port is free at once for the next: what is left of the first lets go of it."""
    with (
        ScriptedServer() as relay,
        Installation(tmp_path, relay_url=relay.url, REDIS_URL=redis_server.database()) as running,
    ):
        callers = [Caller(running, name) for name in range(CALLERS)]
        with ThreadPoolExecutor(CALLERS) as pool:
            calls = [pool.submit(caller) for caller in callers]
            for _ in range(2):
                wait_until(partial(_have_more, callers, _accepted(callers) + 50), 30, "calls go on")
                running.kill("api")
                running.start_api()
            for caller in callers:
                caller.stopping.set()
            for call in calls:
                call.result()
        wait_until(lambda: Account(running).settled, 60, "everything is settled")

        account = Account(running)
        accepted = {key: each for caller in callers for key, each in caller.accepted.items()}
        assert sum(caller.tried_again for caller in callers) > 0
        assert accepted == {message["subject"]: message["id"] for message in account.messages}
        assert {"sent": len(accepted)} == account.recipients
        assert {} == account.unexplained(relay.arrived)


def _have_more(callers: list[Caller], enough: int) -> bool:
    return _accepted(callers) >= enough


def _accepted(callers: list[Caller]) -> int:
    return sum(len(caller.accepted) for caller in callers)
