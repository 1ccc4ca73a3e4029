"""API keys as the store keeps them."""

from datetime import UTC, datetime, timedelta

from pillarbox.domain.address import SenderPattern
from pillarbox.domain.ids import KeyId
from pillarbox.domain.key import ApiKey, Scope
from tests.contract.stores import Stores

NOW = datetime(2026, 11, 23, 6, 30, 0, 123456, tzinfo=UTC)


def _key(name: str, age: int = 0) -> ApiKey:
    return ApiKey(
        id=KeyId(f"key_{name}"),
        name=f"the {name}\N{SNOWMAN}",
        scopes=frozenset({Scope.SEND, Scope.READ}),
        senders=(SenderPattern("*.example.com"), SenderPattern("ada@example.org")),
        secret_sha256=b"\x00\xff" * 16,
        created_at=NOW - timedelta(days=age),
    )


def test_a_key_is_found_as_it_was_added(stores: Stores) -> None:
    key = _key("first000")

    assert stores.keys.add(key)
    assert key == stores.keys.find(key.id)
    assert stores.keys.find(KeyId("key_unknown0")) is None


def test_a_key_that_is_there_is_left_as_it_is(stores: Stores) -> None:
    """The bootstrap key is added on every start; a revoked one must not come back by that."""
    key = _key("first000")
    stores.keys.add(key)
    stores.keys.revoke(key.id, NOW)

    assert not stores.keys.add(_key("first000", age=3))
    found = stores.keys.find(key.id)
    assert found is not None
    assert (NOW, NOW) == (found.created_at, found.revoked_at)


def test_keys_are_listed_newest_first(stores: Stores) -> None:
    for name, age in (("old00000", 9), ("new00000", 1), ("middle00", 5)):
        stores.keys.add(_key(name, age))

    names = ["key_new00000", "key_middle00", "key_old00000"]
    assert names == [key.id for key in stores.keys.all()]


def test_a_key_is_revoked_once(stores: Stores) -> None:
    key = _key("first000")
    stores.keys.add(key)

    assert stores.keys.revoke(key.id, NOW)
    assert not stores.keys.revoke(key.id, NOW + timedelta(days=1))
    assert not stores.keys.revoke(KeyId("key_unknown0"), NOW)
    found = stores.keys.find(key.id)
    assert found is not None
    assert NOW == found.revoked_at
