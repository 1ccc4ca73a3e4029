"""The tables come from the migrations, and from nothing else."""

from concurrent.futures import ThreadPoolExecutor

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from pillarbox.store import migration
from pillarbox.store.engine import Database
from pillarbox.store.migration import current, migrate, migrations_current, standing
from pillarbox.store.tables import metadata
from tests.contract.stores import Stores


def test_an_empty_database_is_brought_up_to_date(empty_url: str) -> None:
    assert not current(empty_url)

    name = migrate(empty_url)

    assert current(empty_url)
    assert name == migrate(empty_url)


def test_the_migrations_make_what_the_tables_say(stores: Stores) -> None:
    """A column that is in one and not in the other is found here, not in production."""
    with stores.database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert [] == compare_metadata(context, metadata)


def test_two_that_migrate_at_once_take_turns(empty_url: str) -> None:
    """Every replica may migrate when it starts."""
    with ThreadPoolExecutor(3) as threads:
        names = set(threads.map(migrate, [empty_url] * 3))

    assert 1 == len(names)
    assert current(empty_url)


def test_a_database_of_another_version_is_not_current(stores: Stores) -> None:
    """One that is behind, or not ours: the process must not serve it."""
    [[newest]] = stores.ask("SELECT version_num FROM alembic_version")
    stores.change("UPDATE alembic_version SET version_num = 'another'")
    assert not migrations_current(stores.database)
    stores.change("DELETE FROM alembic_version")
    assert not migrations_current(stores.database)
    stores.change("INSERT INTO alembic_version VALUES (:name)", name=newest)
    assert migrations_current(stores.database)


def test_a_newer_database_serves_and_stays_as_it_is(stores: Stores) -> None:
    """While new processes take over from old ones, and after going back on a release."""
    [[newest]] = stores.ask("SELECT version_num FROM alembic_version")
    stores.change("UPDATE alembic_version SET version_num = '9999'")

    served, told = migrations_current(stores.database), migrate(stores.url)
    [[kept]] = stores.ask("SELECT version_num FROM alembic_version")
    stores.change("UPDATE alembic_version SET version_num = :name", name=newest)

    assert (True, "9999", "9999") == (served, told, kept)


def test_what_is_pending_is_named(empty_url: str) -> None:
    """The migrations still to come, in order."""
    database = Database(empty_url)
    try:
        with database.writing() as connection:
            assert standing(connection).pending == migration._names()
            config = migration._config()
            config.attributes["connection"] = connection
            command.upgrade(config, "0002")
            found = standing(connection)
    finally:
        database.close()

    assert ("0002", migration._names()[2:]) == (found.at, found.pending)
    assert not found.is_good


def test_a_migration_that_fails_leaves_nothing_behind(empty_url: str) -> None:
    """A migration is one transaction on both databases."""
    database = Database(empty_url)
    try:
        with database.writing() as connection:
            connection.execute(text("CREATE TABLE recipients (mine int)"))  # in the way
        try:
            migrate(empty_url)
        except Exception as error:  # noqa: BLE001 - each database has its own word for it
            assert "recipients" in str(error)  # noqa: PT017 - see above
        with database.writing() as connection:
            connection.execute(text("DROP TABLE recipients"))
    finally:
        database.close()
    assert not current(empty_url)
    migrate(empty_url)
    assert current(empty_url)


def test_attachments_of_before_are_known_to_be_used(empty_url: str) -> None:
    """What purges blobs that no message uses must not purge those of older messages."""
    database = Database(empty_url)
    try:
        with database.writing() as connection:
            config = migration._config()
            config.attributes["connection"] = connection
            command.upgrade(config, "0002")
            kept = b"\x01" * 32
            document = b'{"attachments":[{"sha256":"%b"}]}' % kept.hex().encode()
            _fill(connection, kept, {"msg_a": b'{"attachments":[]}', "msg_b": document})
        migrate(empty_url)
        with database.reading() as connection:
            uses = connection.execute(text("SELECT sha256, message_id FROM blob_uses")).all()
    finally:
        database.close()

    assert [(kept, "msg_b")] == [tuple(row) for row in uses]


def _fill(connection: Connection, blob: bytes, documents: dict[str, bytes]) -> None:
    connection.execute(text("INSERT INTO blobs VALUES (:name, 'hello')"), {"name": blob})
    for message, document in documents.items():
        connection.execute(
            text(
                "INSERT INTO messages (id, key_id, status, created_at, expires_at, size,"
                " internet_message_id, sender, sender_address, envelope_sender, subject,"
                " tags, metadata) VALUES (:id, '', '', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1,"
                " '', '', '', '', '', '', '')"
            ),
            {"id": message},
        )
        row = {"id": message, "document": document}
        connection.execute(text("INSERT INTO contents VALUES (:id, :document)"), row)
