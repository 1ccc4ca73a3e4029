"""AUTH as RFC 4954 wants it."""

import base64

import pytest

from pillarbox.sandbox.sasl import Credentials
from tests.unit.pillarbox.sandbox.talk import TOKEN, Talk, logged_in


def _over_tls() -> Talk:
    talk = Talk()
    talk.say(b"EHLO client.test\r\n")
    talk.say(b"STARTTLS\r\n")
    talk.say(b"EHLO client.test\r\n")
    return talk


def _base64(text: str) -> bytes:
    return base64.b64encode(text.encode())


def test_plain_with_and_without_an_initial_response() -> None:
    assert _over_tls().codes(f"AUTH PLAIN {TOKEN}\r\n".encode()) == [235]
    talk = _over_tls()
    assert talk.say(b"auth plain\r\n") == b"334 \r\n"
    assert talk.codes(TOKEN.encode() + b"\r\n") == [235]


def test_login_with_and_without_an_initial_response() -> None:
    talk = _over_tls()
    assert talk.say(b"AUTH LOGIN\r\n") == b"334 VXNlcm5hbWU6\r\n"
    assert talk.say(_base64("mailer") + b"\r\n") == b"334 UGFzc3dvcmQ6\r\n"
    assert talk.codes(_base64("secret") + b"\r\n") == [235]
    talk = _over_tls()
    assert talk.say(b"AUTH LOGIN " + _base64("mailer") + b"\r\n") == b"334 UGFzc3dvcmQ6\r\n"
    assert talk.codes(_base64("secret") + b"\r\n") == [235]


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (_base64("\0mailer\0wrong"), 535),
        (_base64("\0other\0secret"), 535),
        (_base64("other\0mailer\0secret"), 535),
        (_base64("mailer\0mailer\0secret"), 235),
        (_base64("mailer\0secret"), 501),
        (b"=", 501),
        (b"not base64!", 501),
        (b"*", 501),
    ],
)
def test_what_plain_answers(response: bytes, code: int) -> None:
    assert _over_tls().codes(b"AUTH PLAIN " + response + b"\r\n") == [code]


def test_after_a_wrong_password_the_right_one_is_taken() -> None:
    talk = _over_tls()
    assert talk.codes(b"AUTH PLAIN " + _base64("\0mailer\0wrong") + b"\r\n") == [535]
    assert talk.codes(f"AUTH PLAIN {TOKEN}\r\n".encode()) == [235]


def test_an_unknown_mechanism_is_504() -> None:
    assert _over_tls().codes(b"AUTH CRAM-MD5\r\n") == [504]


def test_auth_is_once() -> None:
    assert logged_in().codes(f"AUTH PLAIN {TOKEN}\r\n".encode()) == [503]


def test_the_password_is_in_no_repr() -> None:
    assert "secret" not in repr(_over_tls().session._credentials)


def test_any_script_may_be_a_password() -> None:
    credentials = Credentials("mäiler", "пароль")
    assert credentials.admit("mäiler".encode(), "пароль".encode())
    assert not credentials.admit("mäiler".encode(), b"\xff")
