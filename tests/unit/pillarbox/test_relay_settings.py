"""The one relay by URL, with the settings beside it; and what each relay takes from settings."""

from dataclasses import fields
from pathlib import Path

import pytest

from pillarbox.domain.relay import AuthMechanism, ClientCertificate, Credentials
from pillarbox.domain.relay_timeouts import RelayTimeouts
from pillarbox.settings import SettingError
from pillarbox.settings_survey import load

URL = {"PILLARBOX_RELAY_URL": "smtp+starttls://mailer@relay.test"}
PHASES = [each.name for each in fields(RelayTimeouts)]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Make a file as an orchestrator mounts it."""
    path = tmp_path / "password"
    path.write_text("s3cret word\nand a remark\n", encoding="utf-8")
    return path


def test_the_password_of_the_url_may_be_a_files_first_line(secret: Path) -> None:
    """And who needs no secret does not read it."""
    settings = load(URL | {"PILLARBOX_RELAY_PASSWORD_FILE": str(secret)})

    relay = settings.relays({}).relays["default"]
    assert Credentials("mailer", "s3cret word") == relay.credentials
    assert "s3cret" not in repr(settings) + repr(relay)
    secret.unlink()
    assert settings.relays(None).relays["default"].credentials is not None


def test_a_client_certificate_has_its_key_and_that_keys_password(secret: Path) -> None:
    """All three by file."""
    environment = {
        "PILLARBOX_RELAY_URL": "smtps://relay.test",
        "PILLARBOX_RELAY_CLIENT_CERT_FILE": "own.pem",
        "PILLARBOX_RELAY_CLIENT_KEY_FILE": "own.key",
        "PILLARBOX_RELAY_CLIENT_KEY_PASSWORD_FILE": str(secret),
        "PILLARBOX_RELAY_AUTH": "EXTERNAL",
    }

    relay = load(environment).relays({}).relays["default"]

    expected = ClientCertificate(Path("own.pem"), Path("own.key"), "s3cret word")
    assert expected == relay.client_certificate
    assert AuthMechanism.EXTERNAL is relay.auth
    assert "s3cret" not in repr(relay)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (URL, "RELAY_URL: a user wants a password"),
        (URL | {"RELAY_AUTH": "CRAM-MD5", "RELAY_PASSWORD_FILE": "x"}, "RELAY_AUTH: 'CRAM-MD5'"),
        (URL | {"RELAY_AUTH": "XOAUTH2", "RELAY_PASSWORD_FILE": "x"}, "RELAY_AUTH: it wants a tok"),
        (URL | {"RELAY_AUTH": "EXTERNAL", "RELAY_PASSWORD_FILE": "x"}, "RELAY_AUTH: EXTERNAL spe"),
        ({"RELAY_URL": "smtps://h", "RELAY_AUTH": "PLAIN"}, "RELAY_AUTH: PLAIN wants a user"),
        (
            {"RELAY_URL": "smtps://u:hidden@h", "RELAY_PASSWORD_FILE": "x"},
            "RELAY_URL: there are two passwords",
        ),
        (
            {"RELAY_URL": "smtp://h", "RELAY_CLIENT_CERT_FILE": "c", "RELAY_CLIENT_KEY_FILE": "k"},
            "RELAY_CLIENT_CERT_FILE: is shown within TLS",
        ),
        (
            {"RELAY_URL": "smtps://h", "RELAY_CLIENT_CERT_FILE": "c"},
            "RELAY_CLIENT_CERT_FILE: wants PILLARBOX_RELAY_CLIENT_KEY_FILE",
        ),
        (
            {"RELAY_URL": "smtps://h", "RELAY_CLIENT_KEY_FILE": "k"},
            "RELAY_CLIENT_KEY_FILE: without PILLARBOX_RELAY_CLIENT_CERT_FILE",
        ),
        ({"RELAY_PASSWORD_FILE": "x"}, "RELAY_PASSWORD_FILE: goes with PILLARBOX_RELAY_URL"),
        ({"RELAY_URL": "smtps://u:hidden@h]"}, "RELAY_URL: is not a URL"),
        ({"SMTP_TIMEOUT_MAIL": "0"}, "SMTP_TIMEOUT_MAIL: 0 s is not between"),
        ({"SMTP_TIMEOUT_MAIL": "soon"}, "SMTP_TIMEOUT_MAIL: 'soon' is not a number"),
    ],
)
def test_what_does_not_go_together_is_told_by_the_setting(
    environment: dict[str, str], expected: str
) -> None:
    """In one line, at the start of every process, before any secret is read."""
    prefixed = {
        f"PILLARBOX_{name.removeprefix('PILLARBOX_')}": environment[name] for name in environment
    }

    with pytest.raises(SettingError) as refused:
        load(prefixed)

    assert str(refused.value).startswith(f"PILLARBOX_{expected}")
    assert "hidden" not in str(refused.value)


def test_what_belongs_to_the_one_relay_is_refused_beside_a_file(tmp_path: Path) -> None:
    """Nobody could say whose it is."""
    path = tmp_path / "relays.toml"
    path.write_text('[[relay]]\nname = "a"\nurl = "smtps://h"\n', encoding="utf-8")
    environment = {"PILLARBOX_RELAYS_FILE": str(path), "PILLARBOX_RELAY_CLIENT_CERT_FILE": "c"}

    with pytest.raises(SettingError, match=r"^PILLARBOX_RELAY_CLIENT_CERT_FILE: goes with"):
        load(environment)


@pytest.mark.parametrize("content", [None, "", "\n", b"\xff\xfe"])
def test_a_password_file_that_holds_none_stops_who_needs_it(
    content: str | bytes | None, tmp_path: Path
) -> None:
    """One line that names the setting and the file."""
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    settings = load(URL | {"PILLARBOX_RELAY_PASSWORD_FILE": str(path)})

    with pytest.raises(SettingError) as refused:
        settings.relays({})

    assert str(refused.value).startswith(f"PILLARBOX_RELAY_PASSWORD_FILE: {path}")
    assert "\n" not in str(refused.value)


def test_every_phase_is_a_setting_with_the_rfcs_time() -> None:
    """RFC 5321 4.5.3.2: one value with a field for each."""
    assert RelayTimeouts() == load({}).timeouts
    environment = {
        f"PILLARBOX_SMTP_TIMEOUT_{name.upper()}": str(number)
        for number, name in enumerate(PHASES, 1)
    }

    relay = load(environment | {"PILLARBOX_RELAY_URL": "smtps://h"}).relays({}).relays["default"]

    expected = RelayTimeouts(**{name: float(number) for number, name in enumerate(PHASES, 1)})
    assert expected == relay.timeouts


def test_a_relay_of_a_file_may_say_otherwise_and_takes_the_rest_from_the_settings(
    tmp_path: Path,
) -> None:
    """So one slow relay does not make all of them slow to be given up."""
    path = tmp_path / "relays.toml"
    path.write_text(
        '[[relay]]\nname = "a"\nurl = "smtps://a"\n[relay.timeouts]\n'
        "end_of_data = 900\nrset = 2.5\n"
        '[[relay]]\nname = "b"\nurl = "smtps://b"\n',
        encoding="utf-8",
    )
    environment = {
        "PILLARBOX_RELAYS_FILE": str(path),
        "PILLARBOX_SMTP_TIMEOUT_GREETING": "60",
        "PILLARBOX_SMTP_TIMEOUT_RSET": "7",
    }

    found = load(environment).relays({}).relays

    assert RelayTimeouts(greeting=60, rset=2.5, end_of_data=900) == found["a"].timeouts
    assert RelayTimeouts(greeting=60, rset=7) == found["b"].timeouts
