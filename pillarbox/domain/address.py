"""Mail addresses and mailboxes (RFC 5321 4.1.2, RFC 5322 3.4), already checked.

Parsing what a person typed needs tables that are not in the standard library
and lives in `pillarbox.mime.mailbox`; here is only what an address is.
"""

from dataclasses import dataclass

MAX_LOCAL_PART_OCTETS = 64
"""RFC 5321 4.5.3.1.1, counted in UTF-8 (RFC 6531 3.3)."""

MAX_ADDRESS_OCTETS = 254
"""RFC 5321 4.5.3.1.3 gives a path 256 octets with its two angle brackets (erratum 1690)."""


@dataclass(frozen=True, slots=True)
class Address:
    """A checked `local@domain`.

    `given` is the address as the caller wrote it, for echoing. `domain` holds
    lower-case A-labels (RFC 5890), so that two spellings of one domain compare
    equal; the local part is compared to the letter (RFC 5321 2.4).
    """

    local: str
    domain: str
    given: str = ""

    @property
    def ascii_local(self) -> bool:
        """Whether the local part can travel without SMTPUTF8 (RFC 6531)."""
        return self.local.isascii()

    @property
    def wire(self) -> str:
        """The address as it stands in MAIL and RCPT: the domain in A-labels."""
        return f"{self.local}@{self.domain}"

    def __str__(self) -> str:
        """Return the address as the caller gave it."""
        return self.given or self.wire

    def __eq__(self, other: object) -> bool:
        """Two spellings of one mailbox are one address."""
        return isinstance(other, Address) and self.wire == other.wire

    def __hash__(self) -> int:
        """Hash what equality compares."""
        return hash(self.wire)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address with the display name that goes before it; `name` may be empty."""

    address: Address
    name: str = ""


@dataclass(frozen=True, slots=True)
class SenderPattern:
    """One entry of a key's `senders`: an address, a domain, `*.domain` or `*`."""

    pattern: str

    def permits(self, address: Address) -> bool:
        """Whether a key that lists this pattern may send as `address`.

        An address matches to the letter; `example.com` matches that domain
        only; `*.example.com` every domain below it but not itself; `*` all.
        """
        if self.pattern == "*":
            return True
        if self.pattern.startswith("*."):
            return address.domain.endswith(self.pattern[1:])
        if "@" in self.pattern:
            return address.wire == self.pattern
        return address.domain == self.pattern
