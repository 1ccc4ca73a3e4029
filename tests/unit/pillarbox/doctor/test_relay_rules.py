"""What is made of a relay's walk, as `pillarbox relay check --json` shows it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pillarbox.doctor.finding import Level
from pillarbox.doctor.relays import DAYS_LEFT, judged

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STEPS = ("connect", "greeting", "ehlo", "starttls", "tls", "ehlo", "auth", "noop", "vrfy", "quit")


def _walk(*, failed: dict[str, Any] | None = None, days: int = 60, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a JSON document
    steps: list[dict[str, Any]] = []
    for name in STEPS:
        steps.append({"name": name, "ok": True, "milliseconds": 2.0, "reply": "250 ok"})
        if failed and failed["name"] == name:
            steps[-1] = {"ok": False, "milliseconds": 2.0} | failed
            break
    ends = NOW + timedelta(days=days, hours=1)
    certificate = {
        "subject": "CN=relay",
        "issuer": "CN=authority",
        "not_after": ends.isoformat().replace("+00:00", "Z"),
    }
    return {
        "name": "default",
        "host": "relay.test:587",
        "tls": "smtp+starttls",
        "steps": steps,
        "tls_version": "TLSv1.3",
        "certificate": certificate,
        "refused": None,
    } | fields


def _lines(walk: dict[str, Any]) -> list[tuple[Level, str]]:
    return [(each.level, each.line) for each in judged(walk, NOW)]


def test_a_relay_that_is_well_is_told_with_the_days_that_its_certificate_has() -> None:
    [(first, session), (second, certificate)] = _lines(_walk())

    assert (Level.OK, Level.OK) == (first, second)
    assert "smtp+starttls://relay.test:587 is well in 20 ms" in session
    assert "TLSv1.3, certificate CN=relay: 60 days left" in certificate


@pytest.mark.parametrize(("days", "level"), [(DAYS_LEFT, Level.OK), (DAYS_LEFT - 1, Level.WARNING)])
def test_a_certificate_that_ends_soon_is_a_warning(days: int, level: Level) -> None:
    [_, (found, _)] = _lines(_walk(days=days))

    assert level is found


@pytest.mark.parametrize(
    ("step", "advice"),
    [
        ({"name": "connect", "detail": "Connection refused"}, "firewall"),
        ({"name": "greeting", "detail": "did not come within 10 s of all"}, "SMTP port"),
        ({"name": "starttls", "detail": "the relay does not offer STARTTLS"}, "smtps://"),
        ({"name": "auth", "detail": "refused", "reply": "535 5.7.8 no"}, "user and password"),
    ],
)
def test_a_step_that_fails_is_named_with_what_to_do(step: dict[str, Any], advice: str) -> None:
    (level, line) = _lines(_walk(failed=step))[0]

    assert Level.FAULT is level
    assert f"fails at {step['name']}: {step['detail']}" in line
    assert step.get("reply", "") in line
    assert advice in line


def test_a_certificate_that_is_refused_is_told_with_why_and_until_when() -> None:
    failed = {"name": "tls", "detail": "certificate verify failed"}

    [(level, line)] = _lines(_walk(failed=failed, days=-1, refused="certificate has expired"))

    assert Level.FAULT is level
    assert "certificate has expired (CN=relay by CN=authority, until 2025-12-31)" in line
    assert "ca_file" in line


def test_a_relay_that_leaves_without_a_word_is_a_warning() -> None:
    """The mail has gone by then."""
    (level, _) = _lines(_walk(failed={"name": "quit", "detail": "closed"}))[0]

    assert Level.WARNING is level


@pytest.mark.parametrize(
    ("tls", "host", "word"),
    [
        ("smtp", "relay.test:25", "in the clear"),
        ("smtp+opportunistic", "relay.test:25", "opportunistic"),
        ("smtp", "127.0.0.1:25", ""),
        ("smtp", "[::1]:25", ""),
        ("smtps", "relay.test:465", ""),
    ],
)
def test_mail_that_others_can_read_is_a_warning(tls: str, host: str, word: str) -> None:
    warnings = [
        line
        for level, line in _lines(_walk(tls=tls, host=host, certificate=None))
        if level is Level.WARNING
    ]

    assert bool(word) is bool(warnings)
    assert all(word in line for line in warnings)
