"""The hello message that `pillarbox up` sends through all of itself."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import requests

from pillarbox.cli.status import ENDED, describe

HELLO = {
    "from": "Pillarbox <hello@pillarbox.test>",
    "to": "you@example.test",
    "subject": "Hello from Pillarbox",
    "text": "This went through the API, the queue, a worker and SMTP, to the sandbox relay.\n",
    "tags": ["hello"],
}
POLL_SECONDS = 0.02
WAIT_SECONDS = 15.0


def answers(url: str) -> bool:
    """Whether the API is ready."""
    with contextlib.suppress(requests.RequestException):
        return requests.get(f"{url}/readyz", timeout=2).ok
    return False


def send_hello(url: str, key: str, stopping: Callable[[], bool]) -> str:
    """Send the hello message, wait for its end, and describe its outcome in one line."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {key}"
    try:
        accepted = session.post(f"{url}/v1/messages", json=HELLO, timeout=10)
        if not accepted.ok:
            return f"refused: {accepted.json().get('detail')}"
        message: dict[str, Any] = accepted.json()
        until = time.monotonic() + WAIT_SECONDS
        while message["status"] not in ENDED and time.monotonic() < until and not stopping():
            time.sleep(POLL_SECONDS)  # the API has no call that waits for a status
            message = session.get(f"{url}/v1/messages/{message['id']}", timeout=10).json()
    except requests.RequestException as error:
        return f"unknown: {error}"
    [recipient] = message["recipients"]
    said = describe(recipient)
    return f"{recipient['status']}: {said}" if said else str(recipient["status"])
