"""AUTH as a session has it (RFC 4954): one exchange, line by line."""

from pillarbox.sandbox.refusal import Refusal
from pillarbox.sandbox.sasl import MECHANISMS, Credentials, decode, encode


class Authentication:
    """One exchange, from the argument of AUTH on; `Refusal` if it fails, at any point."""

    def __init__(self, credentials: Credentials, argument: str) -> None:
        name, _, self._initial = argument.partition(" ")
        mechanism = MECHANISMS.get(name.upper())
        if mechanism is None:
            raise Refusal(504, "5.5.4", f"only {', '.join(MECHANISMS)}")
        self._exchange = mechanism(credentials)

    def begin(self) -> bytes | None:
        """Return the first challenge's reply; None if that was all and the peer is who it says."""
        challenge = next(self._exchange)
        if not self._initial:
            return encode(challenge)
        return self.respond(b"" if self._initial == "=" else self._initial.encode())

    def respond(self, line: bytes) -> bytes | None:
        """Take a response; return as `begin` does."""
        try:
            return encode(self._exchange.send(decode(line)))
        except StopIteration as end:
            if not end.value:
                raise Refusal(535, "5.7.8", "wrong user or password") from None
            return None
