"""Bringing a database's tables up to date, from an installed package, without an ini file.

1. A migration is one transaction on both databases: it happens or it does not.
2. Two that start at once take turns; the second finds nothing left to do.
"""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from pillarbox.store.engine import Database

_FOLDER = Path(__file__).parent / "migrations"

_LOCK = 0x70_69_6C_6C_61_72
"""The number of the advisory lock ("pillar"); any that is ours alone."""


def migrate(url: str | URL) -> str:
    """Bring the database up to date, and return the newest migration's name.

    Raises `StoreUnavailableError` if the database does not answer.
    """
    database = Database(url, connections=1, patient=True)
    try:
        with database.writing() as connection:
            if connection.dialect.name == "postgresql":
                # Another migration may take longer than any statement of ours.
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SET LOCAL lock_timeout = 0"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return ", ".join(sorted(_revisions(connection)))
    finally:
        database.close()


def current(url: str | URL) -> bool:
    """Whether the database's tables are up to date; False if it has none yet."""
    database = Database(url, connections=1)
    try:
        return migrations_current(database)
    finally:
        database.close()


def migrations_current(database: Database) -> bool:
    """Whether the database's tables are up to date; False if it has none yet."""
    with database.reading() as connection:
        return _revisions(connection) == _newest()


def _revisions(connection: Connection) -> frozenset[str]:
    return frozenset(MigrationContext.configure(connection).get_current_heads())


@cache
def _newest() -> frozenset[str]:
    return frozenset(ScriptDirectory.from_config(_config()).get_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
