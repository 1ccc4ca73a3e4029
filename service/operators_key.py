import threading

import structlog

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.key import KeyText
from pillarbox.flows.keys import Keyring

PAUSE_SECONDS = 1.0
"""Between two tries while the store is away or not yet migrated."""

log = structlog.stdlib.get_logger(__name__)


class OperatorsKeyMissingError(Exception):
    """The operator's own key is not in the store yet."""


class OperatorsKey:
    """Sees to it that the operator's own key is in the store, as soon as the store answers.

    Until then the API is up and not ready: it waits for its store, and does not
    end because of it.
    """

    def __init__(self, keyring: Keyring, key: KeyText) -> None:
        self._keyring = keyring
        self._key = key
        self._there = threading.Event()

    def start(self) -> None:
        """Try once here, and if the store is away go on trying in a thread."""
        if not self._try():
            threading.Thread(target=self._run, name="operators-key", daemon=True).start()

    def ping(self) -> None:
        """Return once the key is there; raise `OperatorsKeyMissingError` until then."""
        if not self._there.is_set():
            raise OperatorsKeyMissingError

    def _run(self) -> None:
        while not self._there.wait(PAUSE_SECONDS):
            self._try()

    def _try(self) -> bool:
        try:
            self._keyring.bootstrap(self._key)
        except StoreUnavailableError as error:
            log.warning("operators_key_waits", error=type(error.__cause__).__name__)
            return False
        self._there.set()
        return True
