"""What never stands in a log: secrets, whatever is set; mail addresses, unless the operator asks.

1. A secret is known by its field's name, or by its shape in any text: a URL's
   password, a key of this service, an Authorization header.
2. Of a mail address the domain stays: an operator must see which provider
   refuses; a person cannot be told from it.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "***"

_NUMBERS = frozenset({int, float, bool})

_SECRET_NAMES = re.compile(
    r"(?i)passw|secret|authorization|credential|cookie|token|api_?key|bootstrap_key|private_key"
)

_SECRETS = (
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@'\"]*(?::[^\s@'\"]*)?@"), rf"\1{MASK}@"),
    (re.compile(r"\b(pb_[a-z0-9]{8,40}_)[A-Za-z0-9]{32,256}"), rf"\1{MASK}"),
    (re.compile(r"\b([Bb]earer|[Bb]asic)\s+[A-Za-z0-9+/=._~-]{16,}"), rf"\1 {MASK}"),
    (
        re.compile(r"(?i)\b(AUTH\s+(?:PLAIN|LOGIN|XOAUTH2|CRAM-|SCRAM-)[^\s:]*)\s+\S+"),
        rf"\1 {MASK}",
    ),
    (re.compile(r"(?i)\b(password|passwd|secret)(\s*[=:]\s*)[^\s&,;'\"]+"), rf"\1\2{MASK}"),
)

_SUSPICIOUS = ("@", "pb_", "bearer", "basic", "auth", "passw", "secret")
"""One of these is in whatever the patterns above find; to look for them costs a tenth of that."""

_ADDRESS = re.compile(r"(?:\"[^\"\r\n]{1,64}\"|[^\s<>\"'(),:;\[\]{}|\\/=@]{1,256})@(?=[\w\[])")
"""The part of an address up to its `@`; anything that could be one."""


def make_redactor(*, log_addresses: bool) -> Processor:
    """Make the processor; it comes after everything that adds text, tracebacks among it."""

    def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {
            name: value
            if _is_harmless(name, value)
            else _redacted_field(name, value, log_addresses=log_addresses)
            for name, value in event.items()
        }

    return redact


def redact_text(text: str, *, log_addresses: bool) -> str:
    """Redact one text."""
    if not _is_suspicious(text):
        return text
    for pattern, masked in _SECRETS:
        text = pattern.sub(masked, text)
    if not log_addresses and "@" in text:
        text = _ADDRESS.sub(f"{MASK}@", text)
    return text


def _is_suspicious(text: str) -> bool:
    folded = text.casefold()
    return any([each in folded for each in _SUSPICIOUS])  # noqa: C419 - a generator costs as much as the looks


def _is_harmless(name: str, value: object) -> bool:
    """Whether a field is as nearly all are, and needs no closer look."""
    if isinstance(value, str):
        return not _is_suspicious(value) and not _names_a_secret(name)
    return type(value) in _NUMBERS and not _names_a_secret(name)


def _redacted_field(name: object, value: object, *, log_addresses: bool) -> object:
    if value is not None and isinstance(name, str) and _names_a_secret(name):
        return MASK
    return _redacted(value, log_addresses=log_addresses)


@lru_cache(maxsize=1024)
def _names_a_secret(name: str) -> bool:
    return _SECRET_NAMES.search(name) is not None


def _redacted(value: object, *, log_addresses: bool) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact_text(value, log_addresses=log_addresses)
    if isinstance(value, Mapping):
        return {
            _redacted(key, log_addresses=log_addresses): _redacted_field(
                key, each, log_addresses=log_addresses
            )
            for key, each in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(each, log_addresses=log_addresses) for each in value]
    return redact_text(str(value), log_addresses=log_addresses)
