"""Callers that post through a Service while its pods are replaced, and count what they are told.

1. Each mail has an Idempotency-Key, and is posted until it has its 202.
2. A new connection has to be answered. One that was kept may be found ended when
   the next request is sent: the server may end it at any time (RFC 9112 9.5), no
   octet of an answer has come, and by its key the request may be repeated (RFC 9110
   9.2.2). That is counted apart, and repeated on a new connection at once.
3. An answer that says `Connection: close` is heeded (RFC 9112 9.6).
"""

import http.client
import itertools
import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Self

from tests.cluster.node import Node
from tests.cluster.service import Service
from tests.crew import Crew

ANSWER_SECONDS = 30.0
AGAIN_SECONDS = 0.2
DOCUMENT = {
    "from": "Acme Billing <billing@acme.test>",
    "to": "ada@example.com",
    "subject": "Receipt 42",
    "text": "Thank you.",
}
_FOUND_ENDED = (ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected)


@dataclass(slots=True)
class Count:
    """What all callers were told."""

    accepted: dict[str, str] = field(default_factory=dict)
    """The id of each message, by the mail's key."""
    unanswered: list[str] = field(default_factory=list)
    """How new connections failed."""
    refused: list[str] = field(default_factory=list)
    """Answers other than 202."""
    found_ended: int = 0
    """Kept connections that had ended unannounced."""
    told_to_leave: int = 0
    """Kept connections whose end an answer announced."""
    ways: Counter[str] = field(default_factory=Counter)
    """Answers over new and over kept connections."""


class Callers(Crew):
    """Some `fresh` callers, with a connection for each mail, some `kept`: seconds between two."""

    def __init__(
        self,
        node: Node,
        service: Service,
        key: str,
        *,
        fresh: tuple[float, ...],
        kept: tuple[float, ...],
    ) -> None:
        self.count = Count()
        self._node = node
        self._target = service.address, service.port
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        pace = [(seconds, False) for seconds in fresh] + [(seconds, True) for seconds in kept]
        super().__init__(
            threading.Thread(target=self._call, args=each, name=f"caller-{number}")
            for number, each in enumerate(pace)
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.finish()

    def _call(self, seconds: float, keeps: bool) -> None:  # noqa: FBT001 - one of a caller's two kinds
        kept: http.client.HTTPConnection | None = None
        with self._node.entered():
            while not self._ending.wait(seconds):
                key = f"mail-{next(self._numbers)}"
                kept = self._post(key, kept, keeps=keeps)
        if kept is not None:
            kept.close()

    def _post(
        self, key: str, kept: http.client.HTTPConnection | None, *, keeps: bool
    ) -> http.client.HTTPConnection | None:
        """Post a mail until it is accepted; the connection for the next."""
        while True:
            is_new = kept is None
            connection = kept or http.client.HTTPConnection(*self._target, timeout=ANSWER_SECONDS)
            kept = None
            try:
                status, closes, text = self._ask(connection, key, keeps=keeps)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                with self._lock:
                    if not is_new and isinstance(error, _FOUND_ENDED):
                        self.count.found_ended += 1
                        continue
                    self.count.unanswered.append(repr(error))
                if self._ending.wait(AGAIN_SECONDS):
                    return None
                continue
            if closes or not keeps:
                connection.close()
            else:
                kept = connection
            with self._lock:
                self.count.ways["new" if is_new else "kept"] += 1
                self.count.told_to_leave += closes and keeps
                if status == HTTPStatus.ACCEPTED:
                    self.count.accepted[key] = json.loads(text)["id"]
                    return kept
                self.count.refused.append(f"{status} {text!r}")
            if self._ending.wait(AGAIN_SECONDS):
                return kept

    def _ask(
        self, connection: http.client.HTTPConnection, key: str, *, keeps: bool
    ) -> tuple[int, bool, bytes]:
        headers = self._headers | {"Idempotency-Key": key}
        if not keeps:
            headers["Connection"] = "close"
        connection.request("POST", "/v1/messages", json.dumps(DOCUMENT), headers)
        with connection.getresponse() as answer:
            return answer.status, bool(answer.will_close), answer.read()
