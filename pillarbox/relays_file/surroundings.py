import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pillarbox.relays_file.table import RelaysFileError, Table, text
from pillarbox.secret_file import SecretFileError, read_secret

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

_UNREAD = "unread"
"""Stands for a secret where none is wanted."""


def _unchanged(value: str) -> str:
    return value


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a file of relays refers to: files beside it, and variables.

    Without an `environment` neither secrets nor files are looked for.
    """

    folder: Path
    environment: Mapping[str, str] | None = field(repr=False)

    @property
    def has_secrets(self) -> bool:
        """Whether secrets are read, and not only routes."""
        return self.environment is not None

    def filled(self, table: Table, name: str, escape: Callable[[str], str] = _unchanged) -> str:
        """Take a text with its `${NAME}` put in, each value escaped."""
        return _VARIABLE.sub(
            lambda found: escape(self._variable(name, found[1])), text(table, name)
        )

    def secret(self, table: Table, name: str) -> str | None:
        """Take a secret: the text of this name, or the first line of the file `<name>_file`."""
        file_field = f"{name}_file"
        if file_field not in table:
            return self.filled(table, name) if name in table else None
        if name in table:
            raise RelaysFileError(f"{file_field}: stands in place of {name}, not beside it")
        return self.first_line(table, file_field)

    def first_line(self, table: Table, name: str) -> str | None:
        """Take the first line of a file, if the field is there: a secret."""
        if name not in table:
            return None
        path = self.folder / text(table, name)
        if not self.has_secrets:
            return _UNREAD
        try:
            return read_secret(path)
        except SecretFileError as error:
            raise RelaysFileError(f"{name}: {error}") from None

    def path(self, table: Table, name: str) -> Path | None:
        """Take the path of a file that is there, if the field is."""
        if name not in table:
            return None
        path = self.folder / text(table, name)
        if self.has_secrets and not path.is_file():
            raise RelaysFileError(f"{name}: there is no file {path}")
        return path

    def _variable(self, field_name: str, name: str) -> str:
        if self.environment is None:
            return _UNREAD
        value = self.environment.get(name)
        if not value:
            raise RelaysFileError(f"{field_name}: the variable {name} is not set")
        return value
