"""A key is looked up once a second, and a revoked one ends within that second."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from pillarbox.domain.address import SenderPattern
from pillarbox.domain.errors import StoreUnavailableError, UnauthenticatedError
from pillarbox.domain.ids import KeyId
from pillarbox.domain.key import ApiKey, Scope
from pillarbox.flows.key_memory import MAX_REMEMBERED, KeyMemory
from pillarbox.flows.keys import Keyring
from tests.fakes.keys import FakeKeyStore

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class CountedStore(FakeKeyStore):
    """Counts how often it is asked; `meanwhile` happens while an answer is under way."""

    asked: list[KeyId] = field(default_factory=list)
    meanwhile: list[KeyId] = field(default_factory=list)
    keyring: Keyring | None = None

    def find(self, key: KeyId) -> ApiKey | None:
        self.asked.append(key)
        found = super().find(key)
        if self.keyring is not None and self.meanwhile:
            self.keyring.revoke(self.meanwhile.pop())
        return found


class Office:
    """A keyring with one key, whose clock the test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.store = CountedStore()
        self.memory = KeyMemory(lambda: self.seconds)
        self.keyring = Keyring(self.store, lambda: NOW, self.memory)
        self.text = self.new("everyday")

    def new(self, suffix: str) -> str:
        made = self.keyring.create(
            suffix, name=suffix, scopes=frozenset({Scope.SEND}), senders=(SenderPattern("*"),)
        )
        return made.text


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_key_is_looked_up_once_a_second(office: Office) -> None:
    office.keyring.authenticate(office.text)
    office.seconds += 0.999
    office.keyring.authenticate(office.text)

    assert [KeyId("key_everyday")] == office.store.asked

    office.seconds += 0.001
    office.keyring.authenticate(office.text)

    assert [KeyId("key_everyday")] * 2 == office.store.asked


def test_a_key_that_another_process_revoked_ends_within_a_second(office: Office) -> None:
    office.keyring.authenticate(office.text)
    office.store.revoke(KeyId("key_everyday"), NOW)
    office.seconds += 1.0

    with pytest.raises(UnauthenticatedError):
        office.keyring.authenticate(office.text)


def test_the_second_begins_before_the_store_is_asked(office: Office) -> None:
    """A store that answers late has told what was true when it was asked."""
    asking = office.memory.asking()
    office.seconds += 0.9
    [key] = office.store.all()
    office.memory.remember(key, asking)
    office.seconds += 0.1

    office.keyring.authenticate(office.text)

    assert [key.id] == office.store.asked


def test_a_key_that_this_process_revoked_ends_at_once(office: Office) -> None:
    office.keyring.authenticate(office.text)

    office.keyring.revoke(KeyId("key_everyday"))

    with pytest.raises(UnauthenticatedError):
        office.keyring.authenticate(office.text)


def test_what_the_store_said_before_a_revocation_is_not_remembered_after_it(
    office: Office,
) -> None:
    """Its answer was on the way to one thread while another revoked the key."""
    office.store.keyring = office.keyring
    office.store.meanwhile = [KeyId("key_everyday")]
    office.keyring.authenticate(office.text)

    with pytest.raises(UnauthenticatedError):
        office.keyring.authenticate(office.text)


def test_a_wrong_secret_is_looked_up_like_an_unknown_id(office: Office) -> None:
    """Whether a key is in use cannot be told from how long a refusal takes."""
    office.keyring.authenticate(office.text)
    for text in (f"pb_everyday_{'x' * 43}", f"pb_nobody00_{'x' * 43}"):
        for _ in range(2):
            with pytest.raises(UnauthenticatedError):
                office.keyring.authenticate(text)

    expected = ["everyday", "everyday", "everyday", "nobody00", "nobody00"]
    assert [KeyId(f"key_{suffix}") for suffix in expected] == office.store.asked


def test_a_remembered_key_is_taken_while_the_store_is_away(office: Office) -> None:
    """It is the request itself that then meets the store."""
    office.keyring.authenticate(office.text)
    office.store.away = True

    assert KeyId("key_everyday") == office.keyring.authenticate(office.text).id

    office.seconds += 1.0
    with pytest.raises(StoreUnavailableError):
        office.keyring.authenticate(office.text)


def test_no_more_keys_are_remembered_than_its_bound(office: Office) -> None:
    [key] = office.store.all()
    for number in range(MAX_REMEMBERED + 2):
        other = ApiKey(KeyId(f"key_{number:08d}"), "", key.scopes, key.senders, b"", key.created_at)
        office.memory.remember(other, office.memory.asking())

    assert 2 == len(office.memory._known)
