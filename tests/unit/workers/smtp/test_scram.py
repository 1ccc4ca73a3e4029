"""SCRAM-SHA-256, by the RFC's own example and against servers that cheat."""

import base64
import hashlib
import hmac

import pytest

from workers.smtp.auth import Credentials, ExchangeError
from workers.smtp.saslprep import saslprep
from workers.smtp.scram import MAX_ITERATIONS, ScramSha256

NONCE = "rOprNGfwEbeRWgbNEkqO"
SALT = b"W22ZaJ0SNY7soEsUEjb6gQ=="
FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=" + SALT + b",i=4096"
FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def _begun(password: str = "pencil") -> ScramSha256:
    scram = ScramSha256(Credentials("user", password), lambda: NONCE)
    scram.initial()
    return scram


def test_the_example_of_rfc_7677() -> None:
    """RFC 7677 3, octet for octet."""
    scram = ScramSha256(Credentials("user", "pencil"), lambda: NONCE)

    assert b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO" == scram.initial()
    assert (
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    ) == scram.respond(FIRST)
    assert b"" == scram.respond(FINAL)
    scram.conclude()


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"r=x",
        b"m=ext," + FIRST,
        FIRST.replace(b"r=rO", b"r=xx"),
        b"r=rOprNGfwEbeRWgbNEkqO,s=" + SALT + b",i=4096",
        FIRST.replace(b"i=4096", b"i=4095"),
        FIRST.replace(b"i=4096", b"i=1"),
        FIRST.replace(b"i=4096", b"i=-4096"),
        FIRST.replace(b"i=4096", b"i=%d" % (MAX_ITERATIONS + 1)),
        FIRST.replace(b"i=4096", b"i=" + b"9" * 5_000),
        FIRST.replace(SALT, b"not base64!"),
    ],
)
def test_a_first_message_that_is_none_is_not_answered(first: bytes) -> None:
    """No proof goes to a server whose part is wrong, weak or endless (RFC 5802 5.1, 9)."""
    with pytest.raises(ExchangeError):
        _begun().respond(first)


def test_an_extension_behind_the_first_message_is_of_no_account() -> None:
    """RFC 5802 5.1: unknown optional attributes are ignored, and signed."""
    assert _begun().respond(FIRST + b",x=1").startswith(b"c=biws,r=")


@pytest.mark.parametrize("final", [b"", b"v=", b"v=AAAA", FINAL[:-2] + b"x=", b"x=" + FINAL[2:]])
def test_a_wrong_signature_is_an_impostors(final: bytes) -> None:
    """RFC 5802 3: the server that does not know the password is found out."""
    scram = _begun()
    scram.respond(FIRST)

    with pytest.raises(ExchangeError):
        scram.respond(final)


@pytest.mark.parametrize("final", [None, b"e=invalid-proof"])
def test_a_yes_without_a_signature_is_not_believed(final: bytes | None) -> None:
    """235 at once, or after an error of its own."""
    scram = _begun()
    scram.respond(FIRST)
    if final is not None:
        scram.respond(final)

    with pytest.raises(ExchangeError):
        scram.conclude()


def test_what_separates_is_escaped_in_a_name() -> None:
    """RFC 5802 5.1."""
    scram = ScramSha256(Credentials("a=b,c", "x"), lambda: "n")

    assert b"n,,n=a=3Db=2Cc,r=n" == scram.initial()


def test_each_exchange_has_a_nonce_of_its_own() -> None:
    """And one that ends no field."""
    firsts = {ScramSha256(Credentials("user", "x")).initial() for _ in range(10)}

    assert 10 == len(firsts)
    assert all(first is not None and first.count(b",") == 3 for first in firsts)


def test_the_password_is_prepared() -> None:
    """A ligature and a soft hyphen make the same password as plain letters (RFC 4013)."""
    assert _begun("ﬁne\u00adly").respond(FIRST) == _begun("finely").respond(FIRST)


def test_the_proof_is_made_from_the_salted_password() -> None:
    """The server's side of RFC 5802 3, from scratch: its stored key is found in our proof."""
    scram = _begun("пароль")
    final = scram.respond(FIRST)
    without_proof, _, proof = final.rpartition(b",p=")
    salted = hashlib.pbkdf2_hmac("sha256", "пароль".encode(), base64.b64decode(SALT), 4096)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    message = b"n=user,r=" + NONCE.encode() + b"," + FIRST + b"," + without_proof
    signature = hmac.digest(stored, message, "sha256")

    key = bytes(a ^ b for a, b in zip(base64.b64decode(proof), signature, strict=True))

    assert stored == hashlib.sha256(key).digest()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("ª", "a"),
        ("Ⅸ", "IX"),
        ("a\u00a0b", "a b"),
        ("\u0007", "\u0007"),
        ("\u06271", "\u06271"),
        ("\u0627\u0628", "\u0627\u0628"),
        ("", ""),
    ],
)
def test_names_and_passwords_are_prepared_as_rfc_4013_3_shows(text: str, expected: str) -> None:
    """What it prohibits stays as it is: the server's copy is unprepared then too."""
    assert expected == saslprep(text)
