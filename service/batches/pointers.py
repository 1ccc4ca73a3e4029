"""Where a fault of a message stands in the request for a whole batch."""

from collections.abc import Mapping
from dataclasses import replace

from pillarbox.domain.errors import Fault, Place
from service.faults import Faults, pointer
from service.json_document import Json

MERGED = ("headers", "metadata")
"""Members that defaults fill key by key."""

_IN_REQUEST = ("#/messages/", "#/defaults/")


class ItemPointers:
    """Says whether a message or the defaults named what is at fault."""

    def __init__(self, index: int, own: Json, defaults: Mapping[str, Json]) -> None:
        self._index = index
        self._own = own if isinstance(own, dict) else {}
        self._defaults = defaults

    def place(self, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """Turn a path in the message into one in the request."""
        if path and self._is_default(path):
            return ("defaults", *path)
        return ("messages", self._index, *path)

    def relocate(self, fault: Fault) -> Fault:
        """Do the same for a fault that acceptance found: it points at a member, no deeper.

        Those that were found while the request was read have their places already.
        """
        if fault.place is not Place.POINTER or fault.where.startswith(_IN_REQUEST):
            return fault
        return replace(fault, where=pointer(*self.place((fault.where.removeprefix("#/"),))))

    def _is_default(self, path: tuple[str | int, ...]) -> bool:
        member = str(path[0])
        if member not in self._own:
            return member in self._defaults
        if member not in MERGED or len(path) == 1:
            return False
        own, default = self._own[member], self._defaults.get(member)
        if not isinstance(own, dict) or not isinstance(default, dict):
            return False
        return path[1] not in own and path[1] in default


class ItemFaults(Faults):
    """The faults of one message, each with its place in the request; at most `most`."""

    def __init__(self, pointers: ItemPointers, most: int) -> None:
        super().__init__(most)
        self._pointers = pointers

    def in_body(self, path: tuple[str | int, ...], code: str, detail: str) -> None:
        """Note a fault of the message's member at `path`."""
        super().in_body(self._pointers.place(path), code, detail)
