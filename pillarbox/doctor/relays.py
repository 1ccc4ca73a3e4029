"""Each relay, by a session that carries no mail; `workers.relay_check` walks it, in a process.

1. All are walked at once, and each for no longer than `WITHIN_SECONDS`: one that
   hangs is told with the step at which it does.
2. One login is tried at each relay. That is as much as a worker tries.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pillarbox.doctor.check import CheckEndedError
from pillarbox.doctor.finding import Finding, fault, warning, well
from pillarbox.doctor.subject import Subject
from pillarbox.domain.relay import is_loopback

WITHIN_SECONDS: Final = 10.0
"""For a whole session; a relay that is well is through in one."""
PROCESS_SECONDS: Final = 30.0
"""For the process, its start and the second look at a certificate included."""
DAYS_LEFT: Final = 21
"""Certificates of ninety days are renewed thirty days before their end."""

_MODULE: Final = "workers.relay_check"
_ADVICE: Final = {
    "connect": "Let this host reach it (firewall, port), or mend host and port in its URL",
    "greeting": "Is this an SMTP port, and is this host let in? smtps:// is for port 465",
    "ehlo": "Set PILLARBOX_EHLO_NAME to this host's own name",
    "starttls": "smtps:// if its port speaks TLS at once; else ask who runs it",
    "tls": "Trust its authority by PILLARBOX_RELAY_CA_FILE or ca_file, or mend the host in its URL",
    "auth": "Mend user and password; workers leave it alone until then, or until resumed",
}
"""By the step that failed."""
_FILES: Final = "Mend the file, or let this user read it"
_IN_THE_CLEAR: Final = frozenset({"smtp"})
_UNVERIFIED: Final = frozenset({"smtp+opportunistic"})
_STRANGE: Final = "Ask who runs it: workers would close the session"


def look(subject: Subject) -> Iterator[Finding]:
    """Walk every relay; of one that does not let us, say where it ends."""
    subject.expect("PILLARBOX_RELAY_URL", "PILLARBOX_RELAYS_FILE")
    if not subject.settings.has_relay:
        advice = "Set PILLARBOX_RELAY_URL or PILLARBOX_RELAYS_FILE; `pillarbox up` has a sandbox"
        yield warning("none is configured", advice)
        return
    command = [sys.executable, "-m", _MODULE, "--within", f"{WITHIN_SECONDS:g}"]
    try:
        walked = subprocess.run(  # noqa: S603 - our module
            command,
            env=subject.usable_environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=PROCESS_SECONDS,
        )
    except subprocess.TimeoutExpired:
        seen = f"no answer within {PROCESS_SECONDS:g} s"
        raise CheckEndedError(fault(seen, "Try `pillarbox relay check NAME`")) from None
    if not walked.stdout:
        words = walked.stderr.strip().rpartition("\n")[2] or f"status {walked.returncode}"
        advice = "Mend it; secrets of relays need be readable where workers run alone"
        raise CheckEndedError(fault(words, advice))
    now = datetime.now(UTC)
    for each in json.loads(walked.stdout)["relays"]:
        yield from judged(each, now)


def judged(walk: Mapping[str, Any], now: datetime) -> Iterator[Finding]:
    """Judge a relay's walk, as `pillarbox relay check --json` shows it."""
    about, place = str(walk["name"]), f"{walk['tls']}://{walk['host']}"
    failed = next((step for step in walk["steps"] if not step["ok"]), None)
    if failed is not None:
        yield _failed(failed, walk, place)
    else:
        took = sum(step["milliseconds"] or 0.0 for step in walk["steps"])
        steps = ", ".join(dict.fromkeys(step["name"] for step in walk["steps"]))
        yield well(f"{place} is well in {took:.0f} ms ({steps})", about=about)
    if walk.get("certificate") and not walk.get("refused"):
        yield _certificate(walk, now)
    host = walk["host"].rpartition(":")[0].strip("[]")
    if walk["tls"] in _IN_THE_CLEAR and not is_loopback(host):
        advice = "Use smtp+starttls:// or smtps:// if it can: anybody on the way reads the mail"
        yield warning("mail goes in the clear", advice, about=about)
    if walk["tls"] in _UNVERIFIED:
        advice = "Use smtp+starttls:// if its certificate is good: who it is, is not verified"
        yield warning("TLS is opportunistic", advice, about=about)


def _failed(step: Mapping[str, Any], walk: Mapping[str, Any], place: str) -> Finding:
    name = str(step["name"])
    why = walk.get("refused") or step.get("detail") or step.get("reply") or "no reply"
    reply = step.get("reply")
    said = f" ({reply})" if reply and reply != why else ""
    certificate = walk.get("certificate")
    if walk.get("refused") and certificate:
        ends = datetime.fromisoformat(certificate["not_after"]).date()
        said = f" ({certificate['subject']} by {certificate['issuer']}, until {ends})"
    seen = f"{place} fails at {name}: {why}{said}"
    if name.endswith("_file"):
        return fault(seen, _FILES, about=str(walk["name"]))
    if name == "quit":
        return warning(seen, _STRANGE, about=str(walk["name"]))
    return fault(seen, _ADVICE.get(name, _STRANGE), about=str(walk["name"]))


def _certificate(walk: Mapping[str, Any], now: datetime) -> Finding:
    about = str(walk["name"])
    days = (datetime.fromisoformat(walk["certificate"]["not_after"]) - now).days
    seen = f"{walk['tls_version']}, certificate {walk['certificate']['subject']}: {days} days left"
    if days < DAYS_LEFT:
        return warning(seen, "Have it renewed: with its end all mail to it waits", about=about)
    return well(seen, about=about)
