"""A relay that wants tokens in place of a password."""

from pathlib import Path

import pytest

from pillarbox.domain.relay import Credentials, TokenGrant
from pillarbox.relays_file import RelaysFileError, read_relays_file

RELAY = '[[relay]]\nname = "m"\nurl = "smtp+starttls://mailer%40acme.test@smtp.test:587"\n'
TOKEN = """
[relay.token]
url = "https://login.test/token"
client_id = "4711"
client_secret = "${MAIL_SECRET}"
scope = "https://outlook.office365.com/.default"
"""
ENVIRONMENT = {"MAIL_SECRET": "s/3cret word"}


def _file(folder: Path, text: str) -> Path:
    path = folder / "relays.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_grant_stands_beside_the_user(tmp_path: Path) -> None:
    """The user is the URL's; the secret comes from the environment and stands in no repr."""
    relay = read_relays_file(_file(tmp_path, RELAY + TOKEN), ENVIRONMENT).relays["m"]

    assert Credentials("mailer@acme.test", "") == relay.credentials
    assert relay.token == TokenGrant(
        "https://login.test/token",
        "4711",
        "s/3cret word",
        scope="https://outlook.office365.com/.default",
    )
    assert "3cret" not in repr(relay)


def test_a_grants_secrets_may_be_files(tmp_path: Path) -> None:
    """As orchestrators mount them; who only routes reads none."""
    (tmp_path / "secret").write_text("s/3cret word\n", encoding="utf-8")
    (tmp_path / "refresh").write_text("r3fresh\n", encoding="utf-8")
    text = TOKEN.replace('client_secret = "${MAIL_SECRET}"', 'client_secret_file = "secret"')
    path = _file(tmp_path, RELAY + 'auth = "XOAUTH2"\n' + text + 'refresh_token_file = "refresh"\n')

    grant = read_relays_file(path, {}).relays["m"].token

    assert grant is not None
    assert ("s/3cret word", "r3fresh") == (grant.client_secret, grant.refresh_token)
    assert "3cret" not in repr(grant)
    assert "r3fresh" not in repr(grant)
    (tmp_path / "secret").unlink()
    assert read_relays_file(path, None).relays["m"].token is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RELAY + 'token = "x"\n', "token: is not written as [relay.token]"),
        (RELAY + TOKEN.replace("https://login", "http://login"), "token: a token endpoint"),
        (RELAY + TOKEN.replace("client_id", "client"), "token: client: there is no such field"),
        (RELAY + TOKEN.replace("MAIL_", "NO_"), "token: client_secret: the variable NO_SECRET is"),
        (RELAY + '[relay.token]\nurl = "https://x/"\n', "token: client_id: is missing"),
        (
            RELAY + '[relay.token]\nurl = "https://x/"\nclient_id = "1"\n',
            "token: client_secret: is missing",
        ),
        (RELAY.replace("mailer%40acme.test@", "") + TOKEN, "url: a user wants a password"),
        (RELAY.replace("acme.test@", "acme.test:pw@") + TOKEN, "url: there are two passwords"),
        (
            RELAY + TOKEN + 'client_secret_file = "x"\n',
            "token: client_secret_file: stands in place",
        ),
        (RELAY + TOKEN + 'refresh_token_file = "no"\n', "token: refresh_token_file: "),
        (RELAY + 'auth = "PLAIN"\n' + TOKEN, "auth: PLAIN and the token do not go together"),
        (RELAY + 'password_file = "x"\n' + TOKEN, "token: stands in place of a password_file"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(tmp_path: Path, text: str, expected: str) -> None:
    """One line, without secrets."""
    with pytest.raises(RelaysFileError) as error:
        read_relays_file(_file(tmp_path, text), ENVIRONMENT)

    assert f"[[relay]] 1: {expected}" in str(error.value)
    assert "3cret" not in str(error.value)
