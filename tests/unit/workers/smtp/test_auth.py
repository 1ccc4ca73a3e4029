"""What the mechanisms say, without a server."""

import base64

import pytest

from pillarbox.domain.reply import Reply, Verb
from tests.laws.registry import law
from workers.smtp.auth import (
    Credentials,
    Login,
    Plain,
    TokenCredentials,
    decode_challenge,
    encode_initial,
    redact,
    secrets_of,
)
from workers.smtp.mechanisms import BY_PASSWORD, choose_mechanisms

WHO = Credentials("user", "sésame")


def test_plain_says_everything_at_once() -> None:
    """RFC 4616."""
    assert "\0user\0sésame".encode() == Plain(WHO).initial()


@law("login-prompts")
def test_login_answers_in_turn_whatever_the_prompts_say() -> None:
    """Odd prompts, empty prompts."""
    login = Login(WHO)

    assert [None, b"user", "sésame".encode(), b""] == [
        login.initial(),
        login.respond(b"Benutzername?"),
        login.respond(b""),
        login.respond(b"more?"),
    ]


@law("empty-responses")
def test_an_initial_response_of_nothing_is_written_as_an_equals_sign() -> None:
    """RFC 4954 4."""
    assert [b"=", b"YQ=="] == [encode_initial(b""), encode_initial(b"a")]


@law("next-mechanism")
@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        (("LOGIN", "PLAIN"), ("PLAIN", "LOGIN")),
        (("LOGIN", "PLAIN", "SCRAM-SHA-256"), ("SCRAM-SHA-256", "PLAIN", "LOGIN")),
        (("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1"), ()),
        (("CRAM-MD5", "DIGEST-MD5", "LOGIN"), ("LOGIN",)),
        (("XOAUTH2", "OAUTHBEARER", "GSSAPI"), ()),
        ((), ()),
    ],
)
def test_the_mechanism_is_our_choice_among_those_offered(
    offered: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    """Not the first that is offered."""
    assert expected == choose_mechanisms(offered, WHO)


def test_a_token_speaks_by_xoauth2_alone() -> None:
    """It is no password, and nothing else would take it."""
    who = TokenCredentials("user", lambda _="": "t")

    assert ("XOAUTH2",) == choose_mechanisms(("PLAIN", "SCRAM-SHA-256", "XOAUTH2"), who)
    assert () == choose_mechanisms(("PLAIN", "LOGIN", "SCRAM-SHA-256"), who)


@law("login-prompts")
@pytest.mark.parametrize(
    ("text", "expected"), [("VXNlcm5hbWU6", b"Username:"), ("", b""), ("Username:", b"")]
)
def test_a_challenge_that_is_no_base64_is_an_empty_one(text: str, expected: bytes) -> None:
    """Some servers prompt in clear text."""
    assert expected == decode_challenge(Reply(334, text, Verb.AUTH))


@law("refused-credentials")
def test_no_secret_is_in_a_repr() -> None:
    """Reprs end in logs."""
    assert "sésame" not in repr(WHO)
    assert all("sésame" not in repr(make(WHO)) for make in BY_PASSWORD.values())


@law("refused-credentials")
def test_an_echoed_secret_is_cut_out_in_every_form() -> None:
    """Servers quote the command that they refuse."""
    secret = base64.b64encode(b"\0user\0s3cret").decode()
    said = f"bad command: AUTH PLAIN {secret} (s3cret)"

    shown = redact(said, secrets_of(Credentials("user", "s3cret")))

    assert "bad command: AUTH PLAIN [redacted] ([redacted])" == shown


@law("refused-credentials")
def test_an_echoed_token_is_cut_out_in_every_form() -> None:
    """Alone, and as it went over the wire."""
    who = TokenCredentials("user", lambda _="": "ya29.x")
    sent = base64.b64encode(b"user=user\x01auth=Bearer ya29.x\x01\x01").decode()

    shown = redact(f"{sent} ya29.x", secrets_of(who, "ya29.x"))

    assert "[redacted] [redacted]" == shown
    assert () == secrets_of(who)
