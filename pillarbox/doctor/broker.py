"""The broker: whether it answers, takes writes, and keeps what it was given."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, cast
from urllib.parse import urlsplit

import redis

from pillarbox.doctor.check import CheckEndedError
from pillarbox.doctor.finding import Finding, fault, warning, well
from pillarbox.doctor.subject import Subject
from pillarbox.queue.client import make_client

VARIABLE: Final = "PILLARBOX_REDIS_URL"

SLOW_MILLISECONDS: Final = 20.0
ROUND_TRIPS: Final = 5
FULL: Final = 0.9
"""Of maxmemory."""
OLDEST: Final = (6, 0)

_PROBE: Final = "pillarbox.doctor"
_WORDS: Final = (
    ("WRONGPASS", f"Mend the user or password in {VARIABLE}"),
    ("invalid username-password", f"Mend the user or password in {VARIABLE}"),
    ("invalid password", f"Mend the password in {VARIABLE}"),
    ("NOAUTH", f"Put the password into {VARIABLE}"),
    ("Authentication required", f"Put the password into {VARIABLE}"),
    ("NOPERM", "Let its user do what Pillarbox asks: all keys, all commands but the dangerous"),
    ("no permissions", "Let its user do what Pillarbox asks: all keys, all commands"),
    ("certificate", "Mend the server's certificate, or ssl_ca_certs in the URL"),
    ("Timeout", "It is frozen, busy, or packets to it are dropped: look at it there"),
    ("timed out", "It is frozen, busy, or packets to it are dropped: look at it there"),
    ("Name or service", f"Mend the host in {VARIABLE}, or the resolver"),
    ("No such file", f"Start `pillarbox up`, or set {VARIABLE}"),
    ("refused", f"Start it, or mend host and port in {VARIABLE}"),
)


@contextmanager
def opened(subject: Subject) -> Iterator[redis.Redis]:
    """Lend a client; what keeps the broker from answering ends the check that asks."""
    subject.expect(VARIABLE, "PILLARBOX_STATE_DIR")
    try:
        client = make_client(subject.settings.broker_url)
    except ValueError:  # its words may quote the URL
        advice = f"Mend {VARIABLE}; user and password are percent-encoded in it"
        raise CheckEndedError(fault("its URL cannot be read", advice)) from None
    try:
        with client:
            yield client
    except (redis.RedisError, OSError) as error:
        words = " ".join(str(error).split()).rstrip(".")
        place = shown(subject.settings.broker_url)
        seen = f"{place} does not answer: {words}"
        raise CheckEndedError(fault(seen, _advice(words))) from None


def look(subject: Subject) -> Iterator[Finding]:
    """See that it answers, and how."""
    with opened(subject) as client:
        place = shown(subject.settings.broker_url)
        milliseconds = _round_trip(client)
        try:
            facts = cast("Mapping[str, Any]", client.info())
        except redis.ResponseError:
            facts = {}
        refusal = _refusal(client)
    yield _answers(facts, place, milliseconds)
    if refusal:
        advice = "Look into its log; until it takes writes, mail waits for the sweep or longer"
        yield fault(f"it takes no writes: {refusal}", advice)
    yield from judged(facts)


def judged(facts: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge what a broker says of itself (INFO)."""
    if not facts:
        yield warning("it does not say how it is (INFO)", "Let its user run INFO")
        return
    if facts.get("redis_mode") == "cluster":
        yield fault("it is a cluster, on which Celery does not run", "Use a single primary")
    policy, limit = str(facts.get("maxmemory_policy", "noeviction")), int(facts.get("maxmemory", 0))
    if policy != "noeviction":
        yield _evicting(policy, limited=limit > 0)
    elif limit and int(facts.get("used_memory", 0)) > FULL * limit:
        used = int(facts["used_memory"]) >> 20
        seen = f"{used} of {limit >> 20} MB are used, and then it takes no writes"
        yield warning(seen, "Raise its maxmemory; Pillarbox alone needs a few MB")
    else:
        most = f"{limit >> 20} MB at the most" if limit else "no limit of memory"
        yield well(f"maxmemory-policy noeviction, {most}")
    kept = [
        word
        for word, is_so in (
            ("an append-only file", facts.get("aof_enabled")),
            ("snapshots", facts.get("rdb_last_save_time") and facts.get("rdb_saves")),
        )
        if is_so
    ]
    keeps = " and ".join(kept) or "nothing"
    yield well(f"it keeps {keeps} on disk; nothing has to be kept")


def shown(url: str) -> str:
    """Name a broker by its URL, without user and password."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path
    return f"{parts.hostname}:{parts.port or 6379}{parts.path}"


def _evicting(policy: str, *, limited: bool) -> Finding:
    advice = "Set maxmemory-policy noeviction: wake-ups and relays' limits are keys like any other"
    seen = f"maxmemory-policy is {policy}"
    if limited:
        return fault(f"{seen}, and its memory is limited", advice)
    return warning(f"{seen}; it evicts nothing as long as maxmemory is 0", advice)


def _answers(facts: Mapping[str, Any], place: str, milliseconds: float) -> Finding:
    name = "Valkey" if facts.get("server_name") == "valkey" else "Redis"
    version = str(facts.get("valkey_version") or facts.get("redis_version") or "(unknown)")
    seen = f"{name} {version} at {place} answers in {milliseconds:.1f} ms"
    if milliseconds > SLOW_MILLISECONDS:
        return warning(seen, "Move it nearer to the processes, or look at its load (SLOWLOG)")
    numbers = [int(each) for each in version.split(".")[:2] if each.isdecimal()]
    if numbers and tuple(numbers) < OLDEST:
        return warning(seen, "It is older than any that is tested: upgrade it")
    return well(seen)


def _round_trip(client: redis.Redis) -> float:
    """Measure a PING, in milliseconds: the quickest of a few, which is the line's."""
    took = []
    for _ in range(ROUND_TRIPS):
        since = time.monotonic()
        client.ping()
        took.append((time.monotonic() - since) * 1000)
    return min(took)


def _refusal(client: redis.Redis) -> str:
    """Write a key that is gone in a second; why it was refused, empty if it was not."""
    try:
        client.set(_PROBE, b"1", px=1000)
    except (redis.ResponseError, redis.ReadOnlyError) as error:
        return " ".join(str(error).split())
    return ""


def _advice(words: str) -> str:
    fitting = (advice for said, advice in _WORDS if said in words)
    return next(fitting, f"Look into the server's log, and at {VARIABLE}")
