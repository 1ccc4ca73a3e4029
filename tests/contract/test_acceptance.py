"""T1: what is accepted is committed whole, once, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text

from pillarbox.domain.errors import IdempotencyKeyBusyError
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import (
    AcceptedMessage,
    Attachment,
    ChosenRoute,
    Route,
    TraceContext,
)
from pillarbox.flows.ports.acceptance import (
    Acceptance,
    Committed,
    Idempotency,
    KeyReused,
    Replayed,
)
from pillarbox.flows.ports.claims import Errand
from pillarbox.flows.ports.reading import MessageFilter
from tests.contract.mail import KEY, OTHER_KEY, ROUTE, message
from tests.contract.stores import LONG, Stores

REQUEST, OTHER_REQUEST = b"1" * 32, b"2" * 32


def _keyed(
    key: str, response: bytes = b"{}", request: bytes = REQUEST, of: AcceptedMessage | None = None
) -> Acceptance:
    return Acceptance(of or message(), Idempotency(key, request, response))


def test_a_message_is_read_as_it_was_accepted(stores: Stores) -> None:
    """Nothing of a message is lost or changed by the store."""
    attachments = (
        Attachment("r.pdf", "application/pdf", b"\x00\xff" * 500),
        Attachment("logo.png", "image/png", b"\x89PNG\x00", content_id="logo"),
    )
    sent = message(
        "ada@example.com",
        "bob@bücher.example",
        tags=("receipt", "größe"),
        metadata={"order": "42"},
        attachments=attachments,
        text="Zeile\r\n\u2028 \U0001f4ec",
    )
    stores.accept(sent)

    view = stores.view(sent.id)
    assert sent.content == stores.claims.contents([sent.id])[sent.id]
    assert sent.content == stores.reader.content(sent.id, KEY)
    assert ("queued", sent.created_at, sent.expires_at) == (
        view.status,
        view.created_at,
        view.expires_at,
    )
    assert '"Acme, Billing" <billing@acme.test>' == view.sender
    assert (("receipt", "größe"), {"order": "42"}) == (view.tags, view.metadata)
    assert ["ada@example.com", "bob@bücher.example"] == [each.email for each in view.recipients]
    assert ["queued", "queued"] == [each.state.status for each in view.recipients]


def test_a_nul_in_any_text_is_stored(stores: Stores) -> None:
    """PostgreSQL's text cannot hold U+0000; a caller's JSON can, and gets it back."""
    sent = message(
        metadata={"a\0b": "c\0d"},
        text="e\0f",
        subject="g\0h",
        trace=TraceContext("00-1-2-01", "x=\0"),
        attachments=(Attachment("i\0j", "text/plain", b"\0"),),
    )
    stores.accept(sent)

    assert {"a\0b": "c\0d"} == stores.view(sent.id).metadata
    assert sent.content == stores.reader.content(sent.id, None)
    wanted = MessageFilter(metadata=(("a\0b", "c\0d"),))
    assert [sent.id] == [view.id for view in stores.reader.messages(wanted, limit=5, before=None)]


@pytest.mark.parametrize(
    "broken", [message(text="\ud800"), message(subject="\udfff"), message(metadata={"a": "\ud800"})]
)
def test_a_lone_surrogate_is_refused_before_anything_is_stored(
    stores: Stores, broken: AcceptedMessage
) -> None:
    """Text that is not Unicode cannot be kept; the whole batch is as if it had not come."""
    with pytest.raises(ValueError, match="surrogates"):
        stores.accept(message(), broken)

    assert stores.count("messages") == 0


def test_a_batch_is_one_transaction(stores: Stores) -> None:
    """A message that the database refuses takes its batch with it, keys and all."""
    twice = message()
    stores.accept(twice)

    with pytest.raises(Exception, match=r"(?i)unique"):
        stores.acceptance.accept([_keyed("new"), Acceptance(twice)])

    assert (1, 0) == (stores.count("messages"), stores.count("idempotency_keys"))


def test_a_key_used_again_for_the_same_request_repeats_the_answer(stores: Stores) -> None:
    """The first answer is given again to the letter, and nothing more is stored."""
    first = stores.acceptance.accept([_keyed("k", b'{"id": "first"}')])
    again = stores.acceptance.accept([_keyed("k", b'{"id": "second"}')])

    assert [Committed()] == first
    assert [Replayed(b'{"id": "first"}')] == again
    assert Replayed(b'{"id": "first"}') == stores.acceptance.replay(KEY, "k", REQUEST)
    assert 1 == stores.count("messages")


def test_a_key_used_for_another_request_is_refused(stores: Stores) -> None:
    """One Idempotency-Key stands for one request."""
    stores.acceptance.accept([_keyed("k")])

    assert [KeyReused()] == stores.acceptance.accept([_keyed("k", request=OTHER_REQUEST)])
    assert KeyReused() == stores.acceptance.replay(KEY, "k", OTHER_REQUEST)
    assert 1 == stores.count("messages")


def test_an_idempotency_key_belongs_to_one_api_key(stores: Stores) -> None:
    """Two callers may choose the same words."""
    stores.acceptance.accept([_keyed("k")])

    assert [Committed()] == stores.acceptance.accept([_keyed("k", of=message(key=OTHER_KEY))])
    assert stores.acceptance.replay(KEY, "unused", REQUEST) is None


def test_a_used_key_does_not_abort_its_neighbours(stores: Stores) -> None:
    """Those of a group commit know nothing of one another."""
    stores.acceptance.accept([_keyed("used", b"old")])

    results = stores.acceptance.accept(
        [
            _keyed("new"),
            _keyed("used"),
            _keyed("used", request=OTHER_REQUEST),
            Acceptance(message()),
        ]
    )

    assert [Committed(), Replayed(b"old"), KeyReused(), Committed()] == results
    assert 3 == stores.count("messages")


def test_equal_keys_in_one_batch_are_one_message(stores: Stores) -> None:
    """The first of the batch wins, as if the second had come later."""
    results = stores.acceptance.accept(
        [_keyed("k", b"first"), _keyed("k", b"second"), _keyed("k", request=OTHER_REQUEST)]
    )

    assert [Committed(), Replayed(b"first"), KeyReused()] == results
    assert 1 == stores.count("messages")


def test_one_key_from_many_threads_is_one_message(stores: Stores) -> None:
    """Callers that repeat before they were answered get one message, and the same answer."""
    together = Barrier(6)

    def accept(number: int) -> object:
        together.wait()
        [result] = stores.acceptance.accept([_keyed("k", str(number).encode())])
        return result

    with ThreadPoolExecutor(6) as threads:
        results = list(threads.map(accept, range(6)))

    assert 1 == stores.count("messages")
    assert 1 == results.count(Committed())
    answers = {each for each in results if isinstance(each, Replayed)}
    assert 1 == len(answers)


def test_keys_in_opposite_orders_do_not_stop_each_other(stores: Stores) -> None:
    """All writers take keys in one order; otherwise two groups would wait for each other."""
    together = Barrier(2)

    def accept(names: list[str]) -> list[object]:
        together.wait()
        return list(stores.acceptance.accept([_keyed(name) for name in names]))

    names = [str(number) for number in range(40)]
    with ThreadPoolExecutor(2) as threads:
        results = [*threads.map(accept, (names, names[::-1]))]

    assert 40 == stores.count("messages")
    assert 40 == sum(each.count(Committed()) for each in results)


def test_a_key_that_another_transaction_holds_is_busy(stores: Stores, backend: str) -> None:
    """A second call waits for the first, and gives up soon: 409 with Retry-After."""
    if backend == "sqlite":
        pytest.skip("writers are serial: the second waits until the first is done")
    with stores.database.writing() as connection:
        connection.execute(
            text("INSERT INTO idempotency_keys VALUES (:key, 'k', '1', '2', 'msg_x')"), {"key": KEY}
        )
        with pytest.raises(IdempotencyKeyBusyError):
            stores.acceptance.accept([_keyed("k")])

    assert 0 == stores.count("messages")


def test_an_attachment_is_stored_once_for_each_content(stores: Stores) -> None:
    """The same file in a thousand messages is kept once."""
    file = Attachment("a.bin", "application/octet-stream", b"same" * 1000)
    renamed = Attachment("b.bin", "text/plain", file.content)

    stores.accept(message(attachments=(file, renamed)), message(attachments=(file,)))
    stores.accept(message(attachments=(renamed,)))

    assert 1 == stores.count("blobs")
    assert 3 == stores.count("blob_uses")  # what no message uses may be purged, and nothing else


def test_what_was_accepted_is_due(stores: Stores) -> None:
    """The committed row is the outbox: nothing else tells of it."""
    sent = message(trace=TraceContext("00-1-2-01", "a=b"))
    stores.accept(sent)

    [delivery] = stores.claim().deliveries
    assert (sent.id, sent.size, sent.expires_at, sent.trace, sent.envelope_sender) == (
        delivery.message_id,
        delivery.size,
        delivery.expires_at,
        delivery.trace,
        delivery.envelope_sender,
    )


def test_recipients_of_one_message_may_take_different_routes(stores: Stores) -> None:
    """A delivery for each route, with its own recipients and its own fallbacks."""
    ours, theirs = ChosenRoute(ROUTE, ("spare",)), ChosenRoute(Route("other", Lane.NORMAL))
    sent = message("a@x.test", "b@x.test", "c@x.test", routes=(ours, theirs, ours))

    stores.accept(sent)

    claim = stores.claim()
    other = stores.claims.claim(Errand.usual(theirs.route), worker="one", lease=LONG, limit=10)
    assert other is not None
    assert [1] == [each.part for each in claim.deliveries]
    assert ["a@x.test", "c@x.test"] == [each.wire for each in claim.deliveries[0].recipients]
    assert [2] == [each.part for each in other.deliveries]
    assert ["b@x.test"] == [each.wire for each in other.deliveries[0].recipients]
