"""Commands as values, and the one place where text becomes a command's bytes.

1. Every argument goes through `encode_argument`: no control character, no line
   separator of any script, ever reaches the wire (RFC 5321 2.3.8, 4.1.2).
2. What is refused is refused whole, with the name of its field; nothing is
   mended, and no byte is sent.
3. What carries a secret shows nothing of it in its repr.
"""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pillarbox.domain.address import MAX_ADDRESS_OCTETS, MAX_LOCAL_PART_OCTETS, Address
from pillarbox.domain.reply import Verb
from workers.smtp.errors import ArgumentRefusedError

MAX_COMMAND_OCTETS: Final = 512
"""With its CRLF (RFC 5321 4.5.3.1.4); the extensions' additions never add up to what
the limits on addresses leave free."""

_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_DOMAIN: Final = re.compile(r"[A-Za-z0-9._-]+|\[[A-Za-z0-9.:-]+\]")
_LITERAL: Final = re.compile(r"\[(?:[0-9.]+|IPv6:[0-9A-Fa-f:.]+)\]")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST_NAME: Final = re.compile(rf"(?:{_LABEL}\.)*(?=[0-9-]*[A-Za-z]){_LABEL}")
"""No underscore, no dot at the end, and no bare IPv4 address: servers refuse these."""
_DOT_STRING: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
    r"(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+)*"
)
_QUOTED_STRING: Final = re.compile(
    r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e\x80-\U0010ffff]|\\[\x20-\x7e])*"'
)


_USUAL_MAILBOX: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9._-]+"
).fullmatch


@dataclass(frozen=True, slots=True, repr=False)
class Command:
    """One command, ready for the wire: a whole line with its CRLF."""

    verb: Verb
    wire: bytes
    secret: bool = False

    def __repr__(self) -> str:
        """Show the line, unless it is a secret."""
        shown = "…" if self.secret else self.wire.decode("utf-8").rstrip("\r\n")
        return f"Command({self.verb}: {shown})"


def encode_argument(field: str, value: str) -> bytes:
    """Encode one argument; raise `ArgumentRefusedError` if it could end or bend the line."""
    if not (value.isascii() and value.isprintable()):
        for character in value:
            if unicodedata.category(character) in _REFUSED_CATEGORIES:
                raise ArgumentRefusedError(field, f"must not contain U+{ord(character):04X}")
    return value.encode("utf-8")


def encode_path(field: str, address: Address) -> bytes:
    """Encode an address as RFC 5321 4.1.2 writes a mailbox, without its angle brackets."""
    local, domain = address.local, address.domain
    mailbox = f"{local}@{domain}"
    usual = len(local) <= MAX_LOCAL_PART_OCTETS and len(mailbox) <= MAX_ADDRESS_OCTETS
    if usual and _USUAL_MAILBOX(mailbox):  # in octets too: it is all ASCII
        return mailbox.encode("ascii")
    return _encode_mailbox(field, local, domain)


def _encode_mailbox(field: str, local_part: str, domain_name: str) -> bytes:
    local = encode_argument(field, local_part)
    domain = encode_argument(field, domain_name)
    if not (_DOT_STRING.fullmatch(local_part) or _QUOTED_STRING.fullmatch(local_part)):
        raise ArgumentRefusedError(field, "the local part is neither dotted words nor quoted")
    if not _DOMAIN.fullmatch(domain_name):
        raise ArgumentRefusedError(field, "the domain is neither a name nor an address literal")
    if len(local) > MAX_LOCAL_PART_OCTETS:
        raise ArgumentRefusedError(field, f"the local part exceeds {MAX_LOCAL_PART_OCTETS} octets")
    if len(local) + 1 + len(domain) > MAX_ADDRESS_OCTETS:
        raise ArgumentRefusedError(field, f"exceeds {MAX_ADDRESS_OCTETS} octets")
    return local + b"@" + domain


def ehlo(name: str) -> Command:
    """Open the session with our name: a domain or an address literal (RFC 5321 4.1.1.1)."""
    return Command(Verb.EHLO, _line("EHLO name", b"EHLO", _client_name(name)))


def helo(name: str) -> Command:
    """Open the session as servers of old want it (RFC 5321 3.2)."""
    return Command(Verb.HELO, _line("EHLO name", b"HELO", _client_name(name)))


def mail_line(
    sender: Address | None,
    *,
    size: int | None = None,
    eight_bit: bool = False,
    utf8: bool = False,
    parameters: bytes = b"",
) -> bytes:
    """Write MAIL; None is the null reverse-path (RFC 5321 4.5.5); `parameters` are encoded."""
    line = b"MAIL FROM:<>" if sender is None else _from_line(sender.local, sender.domain)
    if size is not None:
        line += b" SIZE=%d" % size
    if eight_bit:
        line += b" BODY=8BITMIME"
    if utf8:
        line += b" SMTPUTF8"
    return line + parameters + b"\r\n"


def rcpt_line(recipient: Address, parameters: bytes = b"") -> bytes:
    """Write RCPT; `parameters` are encoded."""
    return b"RCPT TO:<%b>%b\r\n" % (encode_path("recipient", recipient), parameters)


@lru_cache(maxsize=1_024)  # a few senders write all mails
def _from_line(local: str, domain: str) -> bytes:
    return b"MAIL FROM:<" + encode_path("sender", Address(local, domain)) + b">"


def mail(
    sender: Address | None, *, size: int | None = None, eight_bit: bool = False, utf8: bool = False
) -> Command:
    """Begin a transaction; None is the null reverse-path (RFC 5321 4.5.5)."""
    return Command(Verb.MAIL, mail_line(sender, size=size, eight_bit=eight_bit, utf8=utf8))


def rcpt(recipient: Address) -> Command:
    """Name one recipient."""
    return Command(Verb.RCPT, rcpt_line(recipient))


def bdat_line(octets: int, *, last: bool) -> bytes:
    """Write BDAT before a chunk of so many octets (RFC 3030 2)."""
    return b"BDAT %d LAST\r\n" % octets if last else b"BDAT %d\r\n" % octets


def auth(mechanism: str, initial: bytes | None) -> Command:
    """Begin a SASL exchange; `initial` is base64 (or `=`) already (RFC 4954 4)."""
    words = [encode_argument("mechanism", mechanism)]
    if initial is not None:
        words.append(initial)
    return Command(Verb.AUTH, _line("initial response", b"AUTH", *words), secret=True)


def auth_response(response: bytes) -> Command:
    """Answer a 334; `response` is base64 already, `*` cancels."""
    return Command(Verb.AUTH, response + b"\r\n", secret=True)


def client_literal(address: str) -> str:
    """Write an IP address as the name of a client that has no other (RFC 5321 4.1.3)."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        return f"[{ip.ipv4_mapped}]" if ip.ipv4_mapped else f"[IPv6:{ip}]"
    return f"[{ip}]"


def vrfy(argument: str) -> Command:
    """Ask whether the server knows a mailbox (RFC 5321 3.5)."""
    return Command(Verb.VRFY, _line("VRFY argument", b"VRFY", encode_argument("VRFY", argument)))


STARTTLS: Final = Command(Verb.STARTTLS, b"STARTTLS\r\n")
DATA: Final = Command(Verb.DATA, b"DATA\r\n")
RSET: Final = Command(Verb.RSET, b"RSET\r\n")
NOOP: Final = Command(Verb.NOOP, b"NOOP\r\n")
QUIT: Final = Command(Verb.QUIT, b"QUIT\r\n")


def fits_a_line(mechanism: str, initial: bytes) -> bool:
    """Whether an initial response leaves AUTH within a command line (RFC 4954 4)."""
    return len(b"AUTH  \r\n") + len(mechanism) + len(initial) <= MAX_COMMAND_OCTETS


def _client_name(name: str) -> bytes:
    encoded = encode_argument("EHLO name", name)
    if not (_LITERAL.fullmatch(name) or _HOST_NAME.fullmatch(name)):
        raise ArgumentRefusedError("EHLO name", "is neither a domain nor an address literal")
    return encoded


def _line(field: str, *words: bytes) -> bytes:
    line = b" ".join(words) + b"\r\n"
    if len(line) > MAX_COMMAND_OCTETS:
        raise ArgumentRefusedError(field, f"makes a command of over {MAX_COMMAND_OCTETS} octets")
    return line
