"""What has been received and not been read yet."""

from pillarbox.sandbox.refusal import Refusal, bare_line_end


class ReceiveBuffer:
    """Octets in the order they came; read as lines or as counted octets.

    A line ends in CRLF and in nothing else: CR or LF alone is a `Refusal` that
    closes the session, never a line end and never a character (SMTP smuggling).
    """

    def __init__(self) -> None:
        self._octets = bytearray()
        self._searched = 0

    def __len__(self) -> int:
        return len(self._octets)

    def feed(self, octets: bytes) -> None:
        """Add what was received."""
        self._octets += octets

    def take(self, count: int) -> bytes:
        """Take up to so many octets."""
        taken = bytes(self._octets[:count])
        del self._octets[:count]
        self._searched = 0
        return taken

    def put_back(self, octets: bytes) -> None:
        """Put octets back before all others."""
        self._octets[:0] = octets
        self._searched = 0

    def take_line(self, limit: int) -> bytes | None:
        """Take a line without its CRLF; None while it is not whole; `limit` counts the CRLF."""
        end = self._octets.find(b"\n", self._searched)
        self._searched = len(self._octets)
        if (end if end >= 0 else len(self._octets)) >= limit:
            raise Refusal(500, "5.5.2", f"line longer than {limit} octets", closes=True)
        if end < 0:
            return None
        line = self.take(end + 1)
        if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
            raise bare_line_end()
        return line[:-2]
