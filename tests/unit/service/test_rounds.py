"""What is answered in a round is what Flask would answer, to the octet."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.key import Scope
from pillarbox.flows.ports.acceptance import Acceptance, AcceptanceResult
from service.app import create_app
from service.rounds.desk import Desk
from service.rounds.plain_post import PlainPost, read_plain_post
from service.services import Limits
from tests.fakes.acceptance import FakeAcceptanceStore
from tests.fakes.services import EVERYDAY, RELAYS, World
from tests.unit.service.caller import LETTER
from tests.unit.service.wire import answer_of, undated

SENT: list[dict[str, Any]] = [
    {},
    {"to": ["ada@example.com", {"email": "bob@example.com", "name": "Bob"}], "cc": "eve@b.test"},
    {
        "html": "<p>hello</p>",
        "text": None,
        "subject": "Grüße",
        "tags": ["a"],
        "metadata": {"b": "c"},
    },
    {"send_at": "2026-12-01T09:00:00Z", "priority": "high", "relay": "ses-eu"},
    {
        "headers": {"Message-ID": "<a@acme.test>"},
        "attachments": [{"filename": "a", "content": "YQ=="}],
    },
    {"text": "\U0001f600", "on_uncertain": "hold", "return_path": "bounces@acme.test"},
]
REFUSED: list[bytes] = [
    b"{",
    b"[]",
    b"\xff",
    b'{"text": "a", "text": "b"}',
    b'{"text": "\\ud800"}',
    orjson.dumps(LETTER | {"to": "nobody"}),
    orjson.dumps(LETTER | {"sendat": "2026-12-01T09:00:00Z"}),
    orjson.dumps(LETTER | {"from": "eve@evil.test"}),
    orjson.dumps(LETTER | {"subject": "too large"}),
    orjson.dumps(LETTER | {"expires_at": "2026-11-01T09:00:00Z"}),
]


class Poisoned(FakeAcceptanceStore):
    """Stores the first of three, refuses the second, and is away for the third."""

    def accept_each(self, batch: Sequence[Acceptance]) -> list[AcceptanceResult | Exception]:
        return [*self.accept(batch[:1]), ValueError("poison"), StoreUnavailableError()]


class Place:
    """One world, asked in a round or through Flask."""

    def __init__(self, acceptance: FakeAcceptanceStore | None = None) -> None:
        self.world = World(
            acceptance=acceptance or FakeAcceptanceStore(),
            monotonic=lambda: 0.0,
            limits=Limits(relays=frozenset(RELAYS)),
            measure=lambda content: 10**9 if content.subject == "too large" else 1000,
        )
        self.key = self.world.new_key("everyday", *EVERYDAY, senders=("acme.test",))
        services = self.world.services()
        # As a request that came before would have, a moment ago.
        services.keyring.authenticate(self.key)
        self._desk = Desk(services)
        self._app = create_app(services)

    def in_a_round(self, *requests: bytes) -> list[bytes | None]:
        posts = [read_plain_post(each) for each in requests]
        return self._desk.answer([post for post in posts if isinstance(post, PlainPost)])

    def through_flask(self, request: bytes) -> bytes:
        return answer_of(self._app, request)

    def post(self, body: bytes, *header: str, key: str | None = None) -> bytes:
        lines = [
            "POST /v1/messages HTTP/1.1",
            "Host: mail.example.com",
            f"Authorization: Bearer {key or self.key}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "X-Request-Id: mine",
            *header,
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body


def _both(ask: Callable[[Place, Callable[[bytes], bytes | None]], bytes | None]) -> list[Any]:
    """Ask the same in two worlds, and return what came of it in each: answer, log, and the rest."""
    came: list[Any] = []
    for in_a_round in (True, False):
        place = Place()

        def answer(
            request: bytes, place: Place = place, *, in_a_round: bool = in_a_round
        ) -> bytes | None:
            return place.in_a_round(request)[0] if in_a_round else place.through_flask(request)

        with capture_logs() as logged:
            heard = ask(place, answer)
        assert heard is not None
        world = place.world
        came.append(
            (
                undated(heard),
                [_untimed(line) for line in logged],
                world.acceptance.messages,
                world.acceptance.remembered,
                world.waker.woken,
                world.observer.messages,
                world.observer.replays,
                world.metrics.seen,
            )
        )
    return came


def _untimed(line: EventDict) -> EventDict:
    return {name: value for name, value in line.items() if name != "milliseconds"}


@pytest.mark.parametrize("members", SENT)
def test_a_message_is_accepted_as_by_flask(members: dict[str, Any]) -> None:
    """The answer, what is stored, woken, counted and logged."""
    body = orjson.dumps(LETTER | members)

    in_a_round, through_flask = _both(lambda place, answer: answer(place.post(body)))

    assert b"HTTP/1.1 202 ACCEPTED\r\n" == in_a_round[0][:23]
    assert through_flask == in_a_round


def test_the_callers_trace_and_key_are_kept_as_by_flask() -> None:
    header = (
        "Idempotency-Key: 42",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate: a=b",
    )

    in_a_round, through_flask = _both(
        lambda place, answer: answer(place.post(orjson.dumps(LETTER), *header))
    )

    assert through_flask == in_a_round
    [message] = in_a_round[2]
    assert message.trace is not None


def test_a_repeat_gets_the_first_ones_answer_as_by_flask() -> None:
    def ask(place: Place, answer: Callable[[bytes], bytes | None]) -> bytes | None:
        request = place.post(orjson.dumps(LETTER), "Idempotency-Key: 42")
        answer(request)
        return answer(request)

    in_a_round, through_flask = _both(ask)

    assert b"\r\nIdempotent-Replayed: true\r\n" in in_a_round[0]
    assert through_flask == in_a_round


def test_a_store_that_is_away_is_told_as_by_flask() -> None:
    """Nobody knows whether it was stored: nothing else may try it again."""

    def ask(place: Place, answer: Callable[[bytes], bytes | None]) -> bytes | None:
        place.world.acceptance.away = True
        return answer(place.post(orjson.dumps(LETTER)))

    in_a_round, through_flask = _both(ask)

    assert b"HTTP/1.1 503 SERVICE UNAVAILABLE\r\n" == in_a_round[0][:34]
    assert through_flask == in_a_round


@pytest.mark.parametrize("body", REFUSED)
def test_what_is_refused_is_flasks_to_say(body: bytes) -> None:
    """Nothing of it is stored, counted or logged before."""
    place = Place()

    with capture_logs() as logged:
        heard = place.in_a_round(place.post(body))

    assert [None] == heard
    assert ([], [], []) == (logged, place.world.acceptance.messages, place.world.metrics.seen)


def test_who_may_not_send_is_flasks_to_tell() -> None:
    """A key that was not seen a moment ago is looked up there, too."""
    place = Place()
    reader = place.world.new_key("reader12", Scope.READ)

    heard = place.in_a_round(
        place.post(orjson.dumps(LETTER), key=reader), place.post(orjson.dumps(LETTER), key="no")
    )

    assert [None, None] == heard


def test_a_key_used_for_something_else_is_flasks_to_refuse() -> None:
    place = Place()
    place.in_a_round(place.post(orjson.dumps(LETTER), "Idempotency-Key: 42"))

    other = place.post(orjson.dumps(LETTER | {"text": "other"}), "Idempotency-Key: 42")

    assert [None] == place.in_a_round(other)
    assert b" 422 " in place.through_flask(other)[:16]


def test_a_round_is_one_commit_and_each_has_its_own_answer() -> None:
    """In their order, whatever is wrong with some of them."""
    place = Place()
    letters = [orjson.dumps(LETTER | {"to": f"{number}@example.com"}) for number in range(3)]

    heard = place.in_a_round(*map(place.post, [letters[0], b"{", letters[1], letters[2]]))

    assert [3] == place.world.acceptance.calls
    assert [b"0@", None, b"1@", b"2@"] == [
        each and each.partition(b'"email":"')[2][:2] for each in heard
    ]


def test_a_body_beyond_the_limit_is_flasks_to_refuse() -> None:
    place = Place()
    place.world.limits = Limits(max_request_bytes=10)
    desk = Desk(place.world.services())
    post = read_plain_post(place.post(orjson.dumps(LETTER)))

    assert isinstance(post, PlainPost)
    assert [None] == desk.answer([post])


def test_an_error_of_the_store_is_its_messages_alone() -> None:
    """As `GroupCommit` gives it; Flask tries that one again, since nothing of it is stored."""
    place = Place(Poisoned())

    heard = place.in_a_round(*[place.post(orjson.dumps(LETTER))] * 3)

    assert [b"202", None, b"503"] == [each and each[9:12] for each in heard]
