"""Collecting every fault of a request before any is told."""

from collections.abc import Iterable
from urllib.parse import quote

from pillarbox.domain.errors import Fault, InvalidInputError, Place

_FRAGMENT = "/~!$&'()*+,;=:@?"
"""What may stand unescaped in a URI's fragment (RFC 3986 3.5), beside letters and digits."""

MAX_TOKEN = 1000
"""Of a member's name, as an answer repeats it: no name that we take is so long."""


def pointer(*tokens: str | int) -> str:
    """Write a JSON Pointer as a URI fragment (RFC 6901 3 and 6): `#/to/0/email`.

    Of a name that is longer than any we know, only the beginning.
    """
    escaped = (str(token)[:MAX_TOKEN].replace("~", "~0").replace("/", "~1") for token in tokens)
    return "#" + "".join("/" + quote(token, safe=_FRAGMENT, errors="replace") for token in escaped)


MAX_FAULTS = 500
"""Told in one answer; a caller with more of them has made one mistake many times."""


class Faults:
    """A request's faults so far, in the order in which they were found; the first `most`."""

    def __init__(self, most: int = MAX_FAULTS) -> None:
        self._found: list[Fault] = []
        self._most = most

    def in_body(self, path: tuple[str | int, ...], code: str, detail: str) -> None:
        """Note a fault of the body's member at `path`."""
        if len(self._found) < self._most:
            self._found.append(Fault(pointer(*path), code, detail))

    def in_parameter(self, name: str, code: str, detail: str) -> None:
        """Note a fault of a query parameter."""
        if len(self._found) < self._most:
            self._found.append(Fault(name, code, detail, Place.PARAMETER))

    def in_header(self, name: str, code: str, detail: str) -> None:
        """Note a fault of a header."""
        self._found.append(Fault(name, code, detail, Place.HEADER))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._found)

    def take_under(self, *tokens: str | int) -> list[Fault]:
        """Take out the faults of the body at or below a place."""
        above = pointer(*tokens)
        taken = [
            each
            for each in self._found
            if each.place is Place.POINTER and (each.where + "/").startswith(above + "/")
        ]
        self._found = [each for each in self._found if each not in taken]
        return taken

    def add(self, faults: Iterable[Fault]) -> None:
        """Note faults whose places are known."""
        self._found += list(faults)[: max(0, self._most - len(self._found))]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._found)

    def raise_if_any(self) -> None:
        """Raise `InvalidInputError` with all of them, if there are any."""
        if self._found:
            raise InvalidInputError(tuple(self._found))
