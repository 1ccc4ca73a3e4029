import pytest

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.key import ApiKey, KeyText
from pillarbox.flows.key_memory import KeyMemory
from pillarbox.flows.keys import Keyring
from service import operators_key
from service.operators_key import OperatorsKey, OperatorsKeyMissingError
from tests.fakes.deliveries import NOW
from tests.fakes.keys import FakeKeyStore
from tests.waiting import wait_until


class AbsentAtFirst(FakeKeyStore):
    """Is away for the first two tries."""

    tries = 0

    def add(self, key: ApiKey) -> bool:
        self.tries += 1
        if self.tries <= 2:
            raise StoreUnavailableError
        return super().add(key)


def test_the_api_waits_for_its_store_and_is_not_ready_until_its_key_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A store that is away at the start is no reason to end, nor to answer 401 when it is back."""
    monkeypatch.setattr(operators_key, "PAUSE_SECONDS", 0.01)
    text = KeyText.parse(f"pb_operators_{'s' * 32}")
    assert text is not None
    store = AbsentAtFirst()
    key = OperatorsKey(Keyring(store, lambda: NOW, KeyMemory(lambda: 0.0)), text)

    key.start()

    with pytest.raises(OperatorsKeyMissingError):
        key.ping()
    wait_until(key._there.is_set, 5, "the key")
    key.ping()
    assert store.find(text.id) is not None
