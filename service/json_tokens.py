"""Counting what a JSON text would become, before it becomes it.

`[{},{},…]` of 48 MB is 16 million objects of 64 octets each and more: 1.3 GB, by
whoever has a key. Memory is bounded by counting, in octets that are there anyway.

1. Counted are strings, commas and opening brackets: at least one for each name
   and value, at most three.
2. First by a look that counts those within strings too, which nearly every body
   passes; then by one that knows strings, and ends when there are too many.
"""

import re
from itertools import islice

MAX_TOKENS = 500_000
"""A batch of 1,000 messages to 50 named recipients each has 400,000; so many empty objects
take 50 MB, and looking through them 0.1 s."""

_SIGNS = (b",", b'"', b"{", b"[")
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[,{\[]', re.DOTALL)
"""A string, or what of it there is, so that nothing is looked at twice; or one of the others."""


def has_crowds(body: bytes | bytearray) -> bool:
    """Whether it has more strings, values, objects and arrays than `MAX_TOKENS`."""
    if len(body) <= MAX_TOKENS or sum(map(body.count, _SIGNS)) <= MAX_TOKENS:
        return False
    return next(islice(_TOKEN.finditer(body), MAX_TOKENS, None), None) is not None
