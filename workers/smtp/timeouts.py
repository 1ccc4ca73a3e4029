from dataclasses import dataclass
from typing import Final

from pillarbox.domain.reply import Verb


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long each phase of a session may take, in seconds (RFC 5321 4.5.3.2).

    Each is a total for one reply, one handshake or one block of data, not for
    one read: a peer that sends a byte a second for ever is ended too.
    """

    connect: float = 30
    """All addresses of the relay, with the look-up of its name."""
    connect_address: float = 10
    """One address, so that a black hole leaves time for the next (RFC 8305 has the reason)."""
    greeting: float = 300
    ehlo: float = 300
    starttls: float = 120
    """Not in the RFC; a server that offers it answers as fast as to DATA."""
    tls_handshake: float = 30
    auth: float = 120
    """Not in the RFC; per reply, as password checks may be slowed on purpose."""
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    data_block: float = 180
    """Until the system has taken one block of the message."""
    end_of_data: float = 600
    """Long, since who gives up here and tries again doubles the message (RFC 1047)."""
    rset: float = 20
    quit: float = 5
    """Short: the mail is already safe, and an answer changes nothing."""

    def of(self, verb: Verb) -> float:
        """How long the reply to this may take."""
        return float(getattr(self, _FIELDS[verb]))


_FIELDS: Final = {
    Verb.GREETING: "greeting",
    Verb.EHLO: "ehlo",
    Verb.HELO: "ehlo",
    Verb.STARTTLS: "starttls",
    Verb.AUTH: "auth",
    Verb.MAIL: "mail",
    Verb.RCPT: "rcpt",
    Verb.DATA: "data",
    Verb.END_OF_DATA: "end_of_data",
    Verb.BDAT: "data_block",
    Verb.RSET: "rset",
    Verb.NOOP: "rset",
    Verb.VRFY: "rcpt",
    Verb.QUIT: "quit",
}
