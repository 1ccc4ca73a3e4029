"""All laws of the SMTP side by name, and the mark by which a test says which one it holds."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeVar

import pytest

from tests.laws.classification_laws import CLASSIFICATION_LAWS
from tests.laws.envelope_laws import ENVELOPE_LAWS
from tests.laws.law import Law
from tests.laws.login_laws import LOGIN_LAWS
from tests.laws.opening_laws import OPENING_LAWS
from tests.laws.outcome_laws import OUTCOME_LAWS
from tests.laws.reply_laws import REPLY_LAWS
from tests.laws.tls_laws import TLS_LAWS
from tests.laws.wire_laws import WIRE_LAWS

T = TypeVar("T", bound=Callable[..., object])

CHAPTERS: Final[Mapping[str, tuple[Law, ...]]] = MappingProxyType(
    {
        "TLS and STARTTLS": TLS_LAWS,
        "Injection, smuggling, line ends": WIRE_LAWS,
        "Replies": REPLY_LAWS,
        "The beginning of a session": OPENING_LAWS,
        "AUTH": LOGIN_LAWS,
        "Envelope, pipelining, chunking": ENVELOPE_LAWS,
        "The end of data, time-outs, kept connections": OUTCOME_LAWS,
        "What a refusal means": CLASSIFICATION_LAWS,
    }
)

LAWS: Final[Mapping[str, Law]] = MappingProxyType(
    {law.name: law for laws in CHAPTERS.values() for law in laws}
)

NOT_OURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "name look-ups in an event loop": (
            "there is no event loop here; the system's resolver is waited for in a thread of its"
            " own, and EHLO's name is configured or the literal of our address"
        ),
        "a reply per recipient after the data (LMTP, RFC 2033 4.2)": (
            "we submit to relays and speak no LMTP"
        ),
    }
)
"""Where other clients stumbled and this one does not go, and why."""


def law(*names: str) -> Callable[[T], T]:
    """Mark a test as one that fails without the guards of these laws."""
    unknown = [name for name in names if name not in LAWS]
    if unknown:
        raise LookupError(f"no such law: {', '.join(unknown)}")

    def mark(test: T) -> T:
        for name in names:
            test = pytest.mark.law(name=name)(test)
        return test

    return mark
