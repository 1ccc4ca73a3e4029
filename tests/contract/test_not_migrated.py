"""A database that nobody has migrated yet."""

import pytest

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.ids import KeyId
from pillarbox.store.engine import Database
from pillarbox.store.keys import SqlKeyStore


def test_a_database_that_is_not_migrated_is_not_ready_and_tells_no_parameters(
    empty_url: str,
) -> None:
    """The processes may start before the migration: they wait, and their log holds no values."""
    database = Database(empty_url)
    try:
        with pytest.raises(StoreUnavailableError) as refused:
            SqlKeyStore(database).find(KeyId("key_hidden"))
    finally:
        database.close()

    assert "key_hidden" not in str(refused.value)
