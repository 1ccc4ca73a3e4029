"""Encoded-words (RFC 2047): text of any script in ASCII header fields.

Always UTF-8; of the two encodings the shorter. Each word is decodable by
itself, so no character is split between two (RFC 2047 5), and white space
between words belongs to no word: what is inside is inside.
"""

import base64
import string

MAX_ENCODED_WORD = 75
"""RFC 2047 2, with its delimiters."""
SHORTEST_LIMIT = 24
"""Room for the delimiters and one character of four octets in either encoding."""

_Q_OPEN = "=?utf-8?q?"
_B_OPEN = "=?utf-8?b?"
_CLOSE = "?="
_OVERHEAD = len(_Q_OPEN) + len(_CLOSE)

_Q_SAFE = (string.ascii_letters + string.digits + "!*+-/ ").encode()
"""What may stand for itself everywhere, phrases included (RFC 2047 5 (3)); space as underscore."""
_Q_TABLE = [
    "_" if octet == ord(" ") else chr(octet) if octet in _Q_SAFE else f"={octet:02X}"
    for octet in range(256)
]


def encoded_words(text: str, limit: int = MAX_ENCODED_WORD, first: int | None = None) -> list[str]:
    """Return `text` as encoded-words of at most `limit` octets, the first of at most `first`.

    Both limits are at least `SHORTEST_LIMIT`. Written one after another with
    white space between, they decode to `text`. Empty text gives no word.
    """
    data = text.encode()
    if not data:
        return []
    escaped = len(data.translate(None, _Q_SAFE))
    quoted = len(data) + 2 * escaped <= 4 * -(-len(data) // 3)
    room = (limit if first is None else first) - _OVERHEAD
    words: list[str] = []
    chunk, used = bytearray(), 0
    for character in text:
        octets = character.encode()
        cost = _cost(octets, quoted=quoted)
        if used + cost > (room if quoted else room // 4 * 3):
            words.append(_word(chunk, quoted=quoted))
            chunk, used = bytearray(), 0
            room = limit - _OVERHEAD
        chunk += octets
        used += cost
    words.append(_word(chunk, quoted=quoted))
    return words


def _cost(octets: bytes, *, quoted: bool) -> int:
    if not quoted:
        return len(octets)
    return 1 if octets in _Q_SAFE else 3 * len(octets)


def _word(chunk: bytes | bytearray, *, quoted: bool) -> str:
    if quoted:
        return _Q_OPEN + "".join([_Q_TABLE[octet] for octet in chunk]) + _CLOSE
    return _B_OPEN + base64.b64encode(chunk).decode("ascii") + _CLOSE
