import hashlib

import pytest

from pillarbox.domain.address import Address, SenderPattern
from pillarbox.domain.key import KeyText

SECRET = "S" * 32


@pytest.mark.parametrize(
    "text",
    [
        f"pb_short_{SECRET[:31]}",
        f"pb_seven77_{'s' * 31}",
        f"pb_UPPERCASE_{SECRET}",
        f"xx_abcdefgh_{SECRET}",
        f"pb_abcdefgh_{SECRET}!",
        f"pb_abcdefgh_{SECRET}\n",
        f" pb_abcdefgh_{SECRET}",
        "",
    ],
)
def test_what_has_not_the_form_of_a_key_is_none(text: str) -> None:
    """A key is read to the letter; an id too short or a secret too short is no key."""
    assert KeyText.parse(text) is None


def test_only_the_hash_of_the_secret_is_kept() -> None:
    """Whoever reads the database cannot send."""
    key = KeyText.parse(f"pb_abcdefgh_{SECRET}")

    assert key is not None
    assert "key_abcdefgh" == key.id
    assert hashlib.sha256(SECRET.encode()).digest() == key.secret_sha256


@pytest.mark.parametrize(
    ("pattern", "address", "expected"),
    [
        ("*", "a@b.test", True),
        ("a@b.test", "a@b.test", True),
        ("a@b.test", "A@b.test", False),
        ("b.test", "a@b.test", True),
        ("b.test", "a@sub.b.test", False),
        ("b.test", "a@evilb.test", False),
        ("*.b.test", "a@sub.b.test", True),
        ("*.b.test", "a@deep.sub.b.test", True),
        ("*.b.test", "a@b.test", False),
        ("*.b.test", "a@evilb.test", False),
    ],
)
def test_a_sender_pattern_permits_what_it_says_and_nothing_near_it(
    pattern: str, address: str, *, expected: bool
) -> None:
    """A key sends only as the senders that it was given."""
    local, _, domain = address.partition("@")

    assert expected == SenderPattern(pattern).permits(Address(local, domain))
