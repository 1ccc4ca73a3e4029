"""Bringing a database's tables up to date, from an installed package, without an ini file.

1. A migration is one transaction on both databases: it happens or it does not.
2. Two that start at once take turns; the second finds nothing left to do.
3. Tables that are newer than this code are good enough for it, and stay as they are: a
   migration takes nothing away that the release before it uses, so that old processes
   go on beside new ones, and a release can be gone back on.
"""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a database's tables are: at which migration, and which are still to come.

    `at` is empty if none has run. `is_newer`: a later release has migrated it;
    `is_known` is false for a name that is none of ours and none of a later one's.
    """

    at: str
    newest: str
    pending: tuple[str, ...] = ()
    is_newer: bool = False
    is_known: bool = True

    @property
    def is_good(self) -> bool:
        """Whether this code can work on it."""
        return self.is_known and not self.pending


def migrate(url: str | URL) -> str:
    """Bring the database up to date, and return the name of the migration that it is at.

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
            if not standing(connection).is_newer:
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            return standing(connection).at
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
    """Whether the database's tables are up to date, or newer; False if it has none yet."""
    with database.reading() as connection:
        return standing(connection).is_good


def standing(connection: Connection) -> Standing:
    """Return where the database's tables are."""
    at = ", ".join(sorted(MigrationContext.configure(connection).get_current_heads()))
    names = _names()
    newest = names[-1]
    if not at:
        return Standing(at, newest, pending=names)
    if at in names:
        return Standing(at, newest, pending=names[names.index(at) + 1 :])
    is_newer = at.isdecimal() and len(at) == len(newest) and at > newest
    return Standing(at, newest, is_newer=is_newer, is_known=is_newer)


@cache
def _names() -> tuple[str, ...]:
    """Return the names of this code's migrations, the first one first."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return tuple(reversed([each.revision for each in scripts]))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
