"""Tags and metadata as digests, so that any of them is found by one short index."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import orjson

DIGEST_OCTETS = 16


def tag_digest(tag: str) -> bytes:
    """Return the digest that a message with this tag is found by."""
    return _digest("tag", tag)


def metadata_digest(name: str, value: str) -> bytes:
    """Return the digest that a message with this member of metadata is found by."""
    return _digest("metadata", name, value)


def label_digests(tags: Sequence[str], metadata: Mapping[str, str]) -> Iterator[bytes]:
    """Return each label of a message once."""
    seen = {tag_digest(tag) for tag in tags}
    seen.update(metadata_digest(name, value) for name, value in metadata.items())
    return iter(sorted(seen))


def _digest(*parts: str) -> bytes:
    # a JSON list says where one part ends and the next begins
    return hashlib.blake2b(orjson.dumps(parts), digest_size=DIGEST_OCTETS).digest()
