"""What never stands in a log."""

import pytest

from pillarbox.observe.redaction import make_redactor, redact_text

KEY = "pb_abcdefgh12_" + "S3cret" * 8


def _redact(event: dict[str, object], *, log_addresses: bool = False) -> object:
    return make_redactor(log_addresses=log_addresses)(None, "info", event)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("mail for ada@example.com", "mail for ***@example.com"),
        ("<ada.lovelace+x@example.com>, bob@x.y", "<***@example.com>, ***@x.y"),
        ("550 5.1.1 <ada@example.com>: unknown", "550 5.1.1 <***@example.com>: unknown"),
        ("jürgen@bücher.example", "***@bücher.example"),
        ('"odd one"@example.com', "***@example.com"),
        ("to=ada@[127.0.0.1]", "to=***@[127.0.0.1]"),
        ("user=ada%40x@example.com", "user=***@example.com"),
        ("no address @ all", "no address @ all"),
        ("nothing here", "nothing here"),
    ],
)
def test_an_address_loses_its_person_and_keeps_its_domain(text: str, redacted: str) -> None:
    """An operator must see which provider refuses, not whom."""
    assert redacted == redact_text(text, log_addresses=False)


def test_addresses_stay_if_the_operator_asks() -> None:
    """Some may look at them, and must."""
    assert "to ada@example.com" == redact_text("to ada@example.com", log_addresses=True)


@pytest.mark.parametrize("log_addresses", [False, True])
@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgresql+psycopg://user:hunter2@db/pillarbox", "hunter2"),
        ("cannot reach redis://:hunter2@redis:6379/0 now", "hunter2"),
        ("smtp+starttls://ada%40example.com:hunter2@smtp.example.com:587", "hunter2"),
        (f"key {KEY} refused", "S3cret"),
        ("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.abc", "eyJhbGci"),
        ("Authorization: Basic YWRhOmh1bnRlcjJodW50ZXIy", "YWRhOmh1"),
        ("C: AUTH PLAIN AGFkYQBodW50ZXIy", "AGFkYQ"),
        ("C: auth login YWRh", "YWRh"),
        ("connect with password=hunter2 host=db", "hunter2"),
        ("secret: hunter2", "hunter2"),
    ],
)
def test_a_secret_is_known_by_its_shape_in_any_text(
    text: str, secret: str, *, log_addresses: bool
) -> None:
    """Errors of libraries quote what they were given."""
    assert secret not in redact_text(text, log_addresses=log_addresses)


def test_the_code_of_a_refused_auth_is_no_secret() -> None:
    """An operator whose relay is parked reads why in the log: 535 is not what 534 is."""
    text = "the relay refused AUTH PLAIN: 535 5.7.8 bad credentials"
    assert text == redact_text(text, log_addresses=False)


@pytest.mark.parametrize(
    "name",
    ["password", "PASSWORD", "db_password", "passwd", "secret", "client_secret", "authorization",
     "Authorization", "cookie", "set-cookie", "api_key", "bootstrap_key", "access_token",
     "credentials", "private_key"],
)  # fmt: skip
def test_a_secret_is_known_by_its_fields_name(name: str) -> None:
    """Whatever its value looks like, and however deep it stands."""
    event: dict[str, object] = {name: "x", "deep": [{"deeper": {name: 7}}]}

    assert {name: "***", "deep": [{"deeper": {name: "***"}}]} == _redact(event)


def test_a_secret_that_is_not_set_is_shown_as_such() -> None:
    """That there is none is what an operator looks for."""
    assert {"password": None} == _redact({"password": None})


def test_numbers_and_ids_pass() -> None:
    """What is worth reading stays to be read."""
    event: dict[str, object] = {
        "event": "message_attempted",
        "message_id": "msg_01k",
        "milliseconds": 1.5,
        "reused": True,
        "due_at": None,
    }

    assert event == _redact(event)


def test_addresses_are_found_in_anything() -> None:
    """Keys of a dict, members of a set, what an object says of itself."""

    class Thing:
        def __str__(self) -> str:
            return "for ada@example.com"

    event: dict[str, object] = {
        "by": {"ada@example.com": 1},
        "all": {"ada@example.com"},
        "thing": Thing(),
    }

    expected = {
        "by": {"***@example.com": 1},
        "all": ["***@example.com"],
        "thing": "for ***@example.com",
    }
    assert expected == _redact(event)
