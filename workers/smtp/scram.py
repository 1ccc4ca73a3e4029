"""SCRAM-SHA-256 (RFC 5802, RFC 7677): the password stays here, both sides prove to know it.

1. A server that says yes and has not proved itself is not believed.
2. Without channel binding: ours is `n`, and says so (RFC 5802 6).
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final

from workers.smtp.auth import Credentials, ExchangeError
from workers.smtp.saslprep import saslprep

GS2_HEADER: Final = b"n,,"

MIN_ITERATIONS: Final = 4_096
"""RFC 7677 4; fewer would make it cheap to guess the password from what we answer."""

MAX_ITERATIONS: Final = 2_000_000
"""Half a second of work, above all that is recommended; more is an attack on our processor."""

NONCE_OCTETS: Final = 24


def _new_nonce() -> str:
    return base64.b64encode(secrets.token_bytes(NONCE_OCTETS)).decode("ascii")


class ScramSha256:
    """One exchange; `nonce` is for the RFC's own examples."""

    def __init__(self, credentials: Credentials, nonce: Callable[[], str] = _new_nonce) -> None:
        name = saslprep(credentials.username).replace("=", "=3D").replace(",", "=2C")
        self._password = saslprep(credentials.password).encode()
        self._nonce = nonce().encode("ascii")
        self._first_bare = b"n=" + name.encode() + b",r=" + self._nonce
        self._signature: bytes | None = None
        self._is_proved = False

    def initial(self) -> bytes | None:
        """Say who we are, and our nonce."""
        return GS2_HEADER + self._first_bare

    def respond(self, challenge: bytes) -> bytes:
        """Answer the server's first message with our proof, its last with nothing."""
        if self._signature is None:
            return self._prove(challenge)
        self._verify(challenge)
        return b""

    def conclude(self) -> None:
        """Believe a yes only after the server's signature."""
        if not self._is_proved:
            raise ExchangeError("the relay did not prove that it knows the password")

    def _prove(self, challenge: bytes) -> bytes:
        nonce, salt, iterations = self._read_first(challenge)
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, iterations)
        client_key = _hmac(salted, b"Client Key")
        final = b"c=" + base64.b64encode(GS2_HEADER) + b",r=" + nonce
        message = b",".join((self._first_bare, challenge, final))
        client_signature = _hmac(hashlib.sha256(client_key).digest(), message)
        proof = bytes(a ^ b for a, b in zip(client_key, client_signature, strict=True))
        self._signature = _hmac(_hmac(salted, b"Server Key"), message)
        return final + b",p=" + base64.b64encode(proof)

    def _read_first(self, challenge: bytes) -> tuple[bytes, bytes, int]:
        """Read `r=…,s=…,i=…`; extensions may follow, a mandatory one (`m=`) may not precede."""
        words = challenge.split(b",")
        if [word[:2] for word in words[:3]] != [b"r=", b"s=", b"i="]:
            raise ExchangeError("not a first message of SCRAM")
        nonce, salt, iterations = (word[2:] for word in words[:3])
        if not nonce.startswith(self._nonce) or len(nonce) == len(self._nonce):
            raise ExchangeError("the nonce is not ours with the relay's")
        if not (iterations.isdigit() and len(iterations) <= len(str(MAX_ITERATIONS))):
            raise ExchangeError("the number of iterations is none")
        if not MIN_ITERATIONS <= int(iterations) <= MAX_ITERATIONS:
            raise ExchangeError(
                f"{int(iterations)} iterations; from {MIN_ITERATIONS} to {MAX_ITERATIONS} are done"
            )
        return nonce, _decoded(salt), int(iterations)

    def _verify(self, challenge: bytes) -> None:
        """Check `v=…`; after `e=…` the relay's own refusal follows."""
        if self._signature is None or challenge.startswith(b"e="):
            return
        word = challenge.partition(b",")[0]
        if not (
            word.startswith(b"v=") and hmac.compare_digest(_decoded(word[2:]), self._signature)
        ):
            raise ExchangeError("the relay's signature is wrong: it does not know the password")
        self._is_proved = True


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _decoded(word: bytes) -> bytes:
    try:
        return base64.b64decode(word, validate=True)
    except binascii.Error:
        raise ExchangeError("not base64") from None
