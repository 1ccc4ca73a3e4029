"""One BDAT and its octets (RFC 3030 2)."""

from pillarbox.sandbox.content import ChunkedContent
from pillarbox.sandbox.receive_buffer import ReceiveBuffer
from pillarbox.sandbox.refusal import Refusal


class Chunk:
    """Counted octets on their way into a message, or, where BDAT was refused, to nowhere."""

    def __init__(self, size: int, target: ChunkedContent | Refusal, *, is_last: bool) -> None:
        self.size = size
        self.is_last = is_last
        self._target = target
        self._left = size

    def read(self, buffer: ReceiveBuffer) -> bool:
        """Read what there is of it; whether it is whole."""
        octets = buffer.take(self._left)
        self._left -= len(octets)
        if isinstance(self._target, ChunkedContent):
            self._target.add(octets)
        return not self._left

    def outcome(self) -> bytes | None:
        """Return the message's content if this was its last chunk; `Refusal` if it is refused."""
        if isinstance(self._target, Refusal):
            raise self._target
        if self.is_last:
            return self._target.whole()
        self._target.check_size()
        return None
