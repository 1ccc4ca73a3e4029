from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    """Nothing is to be done."""
    WARNING = "warning"
    """Mail goes, or could; somebody should look at this before it does not."""
    FAULT = "fault"
    """Something that Pillarbox promises does not hold until this is mended."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was seen: in a few words, and what to do (empty if nothing).

    `about` names which of several it is: a relay, a host, a variable. `check` is
    filled in by who runs the check.
    """

    level: Level
    seen: str
    advice: str = ""
    about: str = ""
    check: str = ""

    @property
    def line(self) -> str:
        """Say it in one line."""
        words = f"{self.about}: {self.seen}" if self.about else self.seen
        end = "" if words.endswith((".", "?", "!")) else "."
        return " ".join(f"{words}{end if self.advice else ''} {self.advice}".split())


def well(seen: str, *, about: str = "") -> Finding:
    """Make a finding that wants nothing."""
    return Finding(Level.OK, seen, about=about)


def warning(seen: str, advice: str, *, about: str = "") -> Finding:
    """Make a finding that somebody should look at."""
    return Finding(Level.WARNING, seen, advice, about)


def fault(seen: str, advice: str, *, about: str = "") -> Finding:
    """Make a finding that must be mended."""
    return Finding(Level.FAULT, seen, advice, about)
