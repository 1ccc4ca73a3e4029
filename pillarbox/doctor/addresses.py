"""The resolver, asked for every name that the settings connect to."""

import ipaddress
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import exc
from sqlalchemy.engine import make_url

from pillarbox.doctor.check import CheckEndedError
from pillarbox.doctor.finding import Finding, fault, warning, well
from pillarbox.doctor.subject import Subject
from pillarbox.settings import SettingError

SLOW_SECONDS: Final = 1.0
SHOWN: Final = 4

_RESOLVER: Final = "Look at /etc/resolv.conf and the name servers in it"
_AGAIN: Final = socket.EAI_AGAIN


def hosts(subject: Subject) -> dict[str, str]:
    """Return the names that processes look up, each with what it is of; no literal addresses."""
    found: dict[str, str] = {}
    settings = subject.settings
    with suppress(SettingError):  # the settings' own check names it
        for relay in settings.relays(None).relays.values():
            found.setdefault(relay.host, f"relay {relay.name}")
    if settings.redis_url and (host := _host(settings.redis_url)):
        found.setdefault(host, "broker")
    if settings.database_url:
        with suppress(exc.ArgumentError, ValueError):  # the database's own check says so
            found.setdefault(make_url(settings.database_url).host or "", "database")
    return {host: of for host, of in found.items() if host and not _is_literal(host)}


def look(host: str, of: str) -> Iterator[Finding]:
    """Look a name up as the processes do."""
    since = time.monotonic()
    try:
        infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CheckEndedError(refused(error, of)) from None
    yield judged([str(info[4][0]) for info in infos], time.monotonic() - since)


def refused(error: Exception, of: str) -> Finding:
    """Judge a name that has no address."""
    words = getattr(error, "strerror", None) or type(error).__name__
    if isinstance(error, socket.gaierror) and error.errno == _AGAIN:
        return fault(f"the resolver does not answer ({words})", _RESOLVER)
    return fault(f"no address ({words})", f"Mend the name of the {of}, or its entry in the DNS")


def judged(addresses: list[str], seconds: float) -> Finding:
    """Judge what a look-up gave, and how long it took."""
    different = list(dict.fromkeys(addresses))
    more = f" and {len(different) - SHOWN} more" if len(different) > SHOWN else ""
    seen = f"{', '.join(different[:SHOWN])}{more} in {seconds * 1000:.0f} ms"
    return warning(seen, f"That is slow. {_RESOLVER}") if seconds > SLOW_SECONDS else well(seen)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""  # the broker's own check says so


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
