"""Several relays from one file; what is wrong in it is told by its place, without secrets."""

from pathlib import Path

import pytest

from pillarbox.bootstrap import relays
from pillarbox.domain.address import SenderPattern
from pillarbox.domain.ids import KeyId
from pillarbox.domain.relay import AuthMechanism, ClientCertificate, Credentials
from pillarbox.domain.routing import RoutingRule
from pillarbox.relays_file import RelaysFileError, read_relays_file
from pillarbox.settings import SettingError, Settings
from pillarbox.settings_survey import load

WHOLE = """
[[relay]]
name = "ses-eu"
url = "smtp+starttls://user:${SES_PASSWORD}@ses.test:587"
ca_file = "ca.pem"
weight = 3
priority = 1
max_connections = 10
max_messages_per_connection = 100
max_connection_age = 60
idle_timeout = 2.5
rate = 14

[[relay]]
name = "own"
url = "smtps://mailer@own.test"
password_file = "own.password"

[[route]]
relays = ["own", "ses-eu"]
sender = "acme.test"
recipient = "*.Example.com"
tag = "bulk"
key = "key_01k"
"""
ENVIRONMENT = {"SES_PASSWORD": "p@ss:/word"}
ONE = '[[relay]]\nname = "a"\nurl = "smtp://127.0.0.1"\n'
TLS = '[[relay]]\nname = "a"\nurl = "smtps://relay.test"\n'
CERTIFICATE = 'client_cert_file = "ca.pem"\nclient_key_file = "ca.pem"\n'


def _file(folder: Path, text: str) -> Path:
    (folder / "ca.pem").write_text("", encoding="utf-8")
    (folder / "own.password").write_text("s3cret word\n", encoding="utf-8")
    path = folder / "relays.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_names_relays_and_routes(tmp_path: Path) -> None:
    """Every field that there is."""
    found = read_relays_file(_file(tmp_path, WHOLE), ENVIRONMENT)

    ses, own = found.relays.values()
    assert ("ses-eu", "ses.test", 587, tmp_path / "ca.pem") == (
        ses.name,
        ses.host,
        ses.port,
        ses.ca_file,
    )
    assert (3, 1, 10, 100) == (
        ses.weight,
        ses.priority,
        ses.max_connections,
        ses.max_messages_per_connection,
    )
    assert (60.0, 2.5, 14.0) == (ses.max_connection_age, ses.idle_timeout, ses.rate)
    assert (1, 0, None) == (own.weight, own.priority, own.rate)
    expected = RoutingRule(
        ("own", "ses-eu"),
        SenderPattern("acme.test"),
        SenderPattern("*.example.com"),
        "bulk",
        KeyId("key_01k"),
    )
    assert (expected,) == found.rules


def test_secrets_come_from_the_environment_or_a_file_and_stand_in_no_repr(tmp_path: Path) -> None:
    """Any character may stand in a password: it is not part of the URL's syntax."""
    found = read_relays_file(_file(tmp_path, WHOLE), ENVIRONMENT)

    assert Credentials("user", "p@ss:/word") == found.relays["ses-eu"].credentials
    assert Credentials("mailer", "s3cret word") == found.relays["own"].credentials
    assert "p@ss" not in repr(found)
    assert "s3cret" not in repr(found)


def test_a_relay_may_be_shown_who_we_are_and_held_to_a_mechanism(tmp_path: Path) -> None:
    """Paths are relative to the file's folder, the key's password is a file's first line."""
    text = TLS + CERTIFICATE + 'client_key_password_file = "own.password"\nauth = "EXTERNAL"\n'

    relay = read_relays_file(_file(tmp_path, text), {}).relays["a"]

    ca = tmp_path / "ca.pem"
    assert ClientCertificate(ca, ca, "s3cret word") == relay.client_certificate
    assert AuthMechanism.EXTERNAL is relay.auth
    assert "s3cret" not in repr(relay)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "there is no [[relay]]"),
        ("[relay]\n", "relay: is not written as [[relay]]"),
        ("relays = 1\n", "relays: there is no such field"),
        ('[[relay]]\nurl = "smtp://h"\n', "[[relay]] 1: name: is missing"),
        ('[[relay]]\nname = "A b"\n', "[[relay]] 1: name: wants"),
        ('[[relay]]\nname = "a"\n', "[[relay]] 1: url: is missing"),
        ('[[relay]]\nname = "a"\nurl = "http://h"\n', "[[relay]] 1: url: the scheme"),
        ('[[relay]]\nname = "a"\nurl = "smtps://u:${NO}@h"\n', "url: the variable NO is not set"),
        ('[[relay]]\nname = "a"\nurl = "smtps://u:hidden@h]"\n', "url: is not a URL"),
        ('[[relay]]\nname = "a"\nurl = "smtp://u:hidden@h"\n', "url: smtp:// would send"),
        (ONE + "wieght = 2\n", "[[relay]] 1: wieght: there is no such field"),
        (ONE + "weight = 1.5\n", "[[relay]] 1: weight: is not a whole number"),
        (ONE + "weight = true\n", "[[relay]] 1: weight: is not a whole number"),
        (ONE + "rate = 0\n", "[[relay]] 1: rate: 0 is not between"),
        (ONE + "rate = nan\n", "[[relay]] 1: rate: nan is not between"),
        (ONE + 'ca_file = "no.pem"\n', "[[relay]] 1: ca_file: there is no file"),
        (ONE + 'password_file = "no"\n', "[[relay]] 1: password_file:"),
        (ONE + 'auth = "PLAIN"\n', "[[relay]] 1: auth: PLAIN wants a user"),
        (ONE + 'auth = "plain"\n', "[[relay]] 1: auth: is not one of PLAIN, LOGIN,"),
        (TLS + 'auth = "EXTERNAL"\n', "[[relay]] 1: auth: EXTERNAL speaks of a client"),
        (TLS + 'client_cert_file = "no"\n', "[[relay]] 1: client_cert_file: there is no file"),
        (TLS + 'client_cert_file = "ca.pem"\n', "client_cert_file: wants its client_key_file"),
        (TLS + 'client_key_file = "ca.pem"\n', "client_key_file: without a client_cert_file"),
        (ONE + CERTIFICATE, "[[relay]] 1: client_cert_file: is shown within TLS"),
        (ONE + "[relay.timeouts]\nhelo = 1\n", "1: timeouts: helo: there is no such field"),
        (ONE + "[relay.timeouts]\nehlo = 0\n", "1: timeouts: ehlo: 0 is not between"),
        (ONE + 'timeouts = "long"\n', "1: timeouts: is not written as [relay.timeouts]"),
        (ONE + ONE, "[[relay]] 2: name: a is taken"),
        (ONE + "[[route]]\n", "[[route]] 1: relays: is not a list"),
        (ONE + '[[route]]\nrelays = ["b"]\n', "[[route]] 1: relays: there is no [[relay]] named"),
        (ONE + '[[route]]\nrelays = ["a", "a"]\n', "[[route]] 1: relays: a is named twice"),
        (ONE + '[[route]]\nrelays = ["a"]\nsender = "a b"\n', "[[route]] 1: sender: wants"),
        (ONE + '[[route]]\nrelays = ["a"]\nkey = "pb_x"\n', "[[route]] 1: key: wants"),
        ("[[relay]\n", ""),
    ],
)
def test_what_is_wrong_is_told_in_one_line_by_its_place(
    tmp_path: Path, text: str, expected: str
) -> None:
    """The file, the table and the field; never what a secret may stand in."""
    path = _file(tmp_path, text)

    with pytest.raises(RelaysFileError) as refused:
        read_relays_file(path, {})

    line = str(refused.value)
    assert line.startswith(f"{path}: ")
    assert expected in line
    assert "\n" not in line
    assert "hidden" not in line


def test_a_wrong_file_is_a_wrong_setting(tmp_path: Path) -> None:
    """It stops the start, and not the first mail."""
    with pytest.raises(SettingError) as refused:
        load({"PILLARBOX_RELAYS_FILE": str(tmp_path / "none.toml")})

    assert str(refused.value).startswith("PILLARBOX_RELAYS_FILE: ")


def test_a_url_beside_a_file_is_refused(tmp_path: Path) -> None:
    """Nobody could say which of them holds."""
    environment = {
        "PILLARBOX_RELAYS_FILE": str(_file(tmp_path, ONE)),
        "PILLARBOX_RELAY_URL": "smtps://relay.test",
    }

    with pytest.raises(SettingError, match="only one can be"):
        load(environment)


def test_who_only_routes_needs_no_secret(tmp_path: Path) -> None:
    """The API and the scheduler are given none; everything else is read and checked."""
    path = _file(tmp_path, WHOLE)
    (tmp_path / "own.password").unlink()
    (tmp_path / "ca.pem").unlink()

    found = read_relays_file(path, None)

    assert ["ses-eu", "own"] == list(found.relays)
    assert load({"PILLARBOX_RELAYS_FILE": str(path)}).has_relay


def test_a_worker_without_the_secret_does_not_start(tmp_path: Path) -> None:
    """One line says which variable it misses."""
    settings = Settings(relays_file=_file(tmp_path, WHOLE))

    with pytest.raises(SettingError, match="the variable SES_PASSWORD is not set"):
        relays(settings, secrets=True)
