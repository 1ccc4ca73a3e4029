"""What a law is: a promise, where it comes from, and the code that keeps it."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Guard:
    """A piece of `code` that keeps a law, once in its `file`, and that code `broken`.

    `also` must be broken with it, where one of two guards alone would do.
    """

    file: str
    code: str
    broken: str
    also: "Guard | None" = None

    @property
    def all(self) -> "tuple[Guard, ...]":
        """All that is broken together."""
        return (self, *(self.also.all if self.also else ()))

    def is_there(self) -> bool:
        """Whether the code stands in its file, once."""
        return (ROOT / self.file).read_text(encoding="utf-8").count(self.code) == 1

    def broken_in(self, root: Path) -> str:
        """Return the file's text under `root` with the code broken."""
        text = (root / self.file).read_text(encoding="utf-8")
        return text.replace(self.code, self.broken)


@dataclass(frozen=True, slots=True)
class Law:
    """What a client of a relay must get right: a short `name`, a sentence, and its `source`."""

    name: str
    holds: str
    source: str
    guards: tuple[Guard, ...]
