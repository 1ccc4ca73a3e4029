"""XOAUTH2, as Google and Microsoft document it: a user name and a bearer token (RFC 6750)."""

from workers.smtp.auth import ExchangeError


class XOAuth2:
    """Everything in one response; what the relay then asks is its error, before its refusal."""

    def __init__(self, username: str, token: str) -> None:
        if "\x01" in username + token:
            raise ExchangeError("a user name or a token that would end its field")
        self._message = f"user={username}\x01auth=Bearer {token}\x01\x01".encode()

    def initial(self) -> bytes | None:
        """Say it at once."""
        return self._message

    def respond(self, challenge: bytes) -> bytes:
        """Acknowledge the error that the challenge is, with an empty line; 535 follows."""
        del challenge
        return b""

    def conclude(self) -> None:
        """Believe the relay: TLS has shown who it is."""
