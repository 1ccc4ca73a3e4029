"""T1 for a batch: one transaction, its keys looked up together."""

import pytest

from pillarbox.domain.errors import IdempotencyKeyReusedError
from pillarbox.domain.message import Attachment
from pillarbox.flows.ports.acceptance import (
    Acceptance,
    Committed,
    Idempotency,
    KeyReused,
    Replayed,
)
from pillarbox.store import acceptance
from pillarbox.store.ids import new_batch_id
from tests.contract.mail import KEY, OTHER_KEY, message
from tests.contract.stores import Stores


def keyed(name: str, request: bytes = b"1" * 32, response: bytes = b"{}") -> Acceptance:
    return Acceptance(message(), Idempotency(name, request, response))


def test_a_thousand_messages_are_one_transaction(stores: Stores) -> None:
    """With their files and keys; what is large is written piece by piece."""
    file = Attachment("a.txt", "text/plain", b"hello")
    batch = new_batch_id()
    large = "x" * (acceptance.MAX_STATEMENT_LENGTH // 2)
    made = [message(text=large, batch_id=batch) for _ in range(3)]
    made += [message(attachments=(file,), batch_id=batch, tags=("a",)) for _ in range(997)]

    results = stores.acceptance.accept(
        [Acceptance(each, Idempotency(f"k#{n}", b"", b"")) for n, each in enumerate(made)]
    )

    assert [Committed()] * 1000 == results
    assert (1000, 1, 997) == tuple(
        stores.count(table) for table in ("messages", "blobs", "blob_uses")
    )
    assert [each.id for each in made] == stores.revision.batch(batch, KEY)
    assert [] == stores.revision.batch(batch, OTHER_KEY)


def test_what_fails_late_takes_all_of_it_back(stores: Stores) -> None:
    """The last piece of a large batch is encoded when the first is already written."""
    large = "x" * acceptance.MAX_STATEMENT_LENGTH
    made = [message(text=large), message(text=large), message(text="\ud800")]

    with pytest.raises(ValueError, match="surrogates"):
        stores.accept(*made)

    assert 0 == stores.count("messages")


def test_keys_are_looked_up_together(stores: Stores) -> None:
    stores.acceptance.accept([keyed(f"k#{number}", response=b"%d" % number) for number in range(3)])
    wanted = {"k#0": b"1" * 32, "k#1": b"2" * 32, "k#9": b"1" * 32}

    assert {"k#0": Replayed(b"0"), "k#1": KeyReused()} == stores.acceptance.replays(KEY, wanted)
    assert {} == stores.acceptance.replays(OTHER_KEY, wanted)


def test_a_key_used_for_something_else_refuses_all_of_a_whole_batch(stores: Stores) -> None:
    """It may be used between our looking it up and our commit."""
    stores.acceptance.accept([keyed("k#1")])
    batch = [keyed("k#0"), keyed("k#1", request=b"2" * 32)]

    with pytest.raises(IdempotencyKeyReusedError):
        stores.acceptance.accept(batch, whole=True)
    assert 1 == stores.count("messages")
    assert [Committed(), KeyReused()] == stores.acceptance.accept(batch)
