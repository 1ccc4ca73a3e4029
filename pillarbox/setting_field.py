from collections.abc import Callable
from dataclasses import field
from typing import Any

PREFIX = "PILLARBOX_"


class SettingError(ValueError):
    """A setting that cannot be used; `str()` is the one line to show."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name
        self.problem = problem


def variable(name: str) -> str:
    """Return the variable of a setting's field."""
    return PREFIX + name.upper()


def setting(default: Any, parse: Callable[[str], Any], doc: str, *, secret: bool = False) -> Any:
    """Declare a setting as a field of a dataclass, with how its text becomes its value."""
    metadata = {"parse": parse, "doc": doc, "secret": secret}
    return field(default=default, metadata=metadata, repr=not secret)
