"""The arguments of MAIL, RCPT and BDAT (RFC 5321 4.1.1.2, 4.1.1.3, 4.1.2; RFC 3030 2)."""

import re
from dataclasses import dataclass

from pillarbox.sandbox.refusal import Refusal

LOCAL_PART_OCTETS = 64
DOMAIN_OCTETS = 255
"""RFC 5321 4.5.3.1.1 and 4.5.3.1.2."""

_U = "\u0080-\U0010ffff"
_ATOM = rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~{_U}-]+"
_QUOTED = rf'"(?:[ !#-\[\]-~{_U}]|\\[ -~])*"'
_LABEL = rf"[A-Za-z0-9{_U}](?:[A-Za-z0-9{_U}-]{{0,61}}[A-Za-z0-9{_U}])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_LITERAL = r"\[[!-Z^-~]+\]"
_ROUTE = rf"@{_DOMAIN}(?:,@{_DOMAIN})*:"
_MAILBOX = (
    rf"(?P<local>{_ATOM}(?:\.{_ATOM})*|{_QUOTED})@(?P<domain>{_DOMAIN}|{_LITERAL})"
    r"|(?i:postmaster)"
)
PATH = re.compile(rf"<(?:{_ROUTE})?(?P<mailbox>{_MAILBOX})?>(?P<parameters>(?: [!-~]+)*) *")
"""A source route is read and ignored (RFC 5321 4.1.1.3)."""

NUMBER = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class MailFrom:
    """The start of a transaction; an empty sender is the null reverse-path."""

    sender: str
    size: int
    is_smtputf8: bool


def parse_mail(argument: str) -> MailFrom:
    """Parse `FROM:<path> parameters`: SIZE, BODY, SMTPUTF8 and AUTH (RFC 4954 5)."""
    sender, parameters = _parse("FROM:", argument)
    size = 0
    for name, value in parameters.items():
        match name:
            case "SIZE" if NUMBER.fullmatch(value):
                size = int(value)
            case "BODY" if value.upper() in {"7BIT", "8BITMIME"}:
                pass
            case "SMTPUTF8" if not value:
                pass
            case "AUTH" if value:
                pass
            case "SIZE" | "BODY" | "SMTPUTF8" | "AUTH":
                raise Refusal(501, "5.5.4", f"{name} cannot have that value")
            case _:
                raise Refusal(555, "5.5.4", f"parameter {name} is not known")
    is_smtputf8 = "SMTPUTF8" in parameters
    _check_charset(sender, is_smtputf8=is_smtputf8)
    return MailFrom(sender, size, is_smtputf8)


def parse_rcpt(argument: str, *, is_smtputf8: bool) -> str:
    """Parse `TO:<path>`; no parameter is known."""
    recipient, parameters = _parse("TO:", argument)
    if not recipient:
        raise Refusal(501, "5.1.3", "a recipient has an address")
    if parameters:
        raise Refusal(555, "5.5.4", f"parameter {next(iter(parameters))} is not known")
    _check_charset(recipient, is_smtputf8=is_smtputf8)
    return recipient


def parse_bdat(argument: str) -> tuple[int, bool]:
    """Parse `size [LAST]`: how many octets follow, and whether the message ends with them."""
    size, _, last = argument.partition(" ")
    if not NUMBER.fullmatch(size) or last.upper() not in {"", "LAST"}:
        # What follows cannot be told from commands any more.
        raise Refusal(501, "5.5.4", "write BDAT <size> [LAST]", closes=True)
    return int(size), bool(last)


def _parse(keyword: str, argument: str) -> tuple[str, dict[str, str]]:
    if argument[: len(keyword)].upper() != keyword:
        raise Refusal(501, "5.5.4", f"write {keyword}<address>")
    match = PATH.fullmatch(argument, len(keyword))
    if match is None:
        raise Refusal(501, "5.1.3", f"write {keyword}<address>, without a space before it")
    if len((match["local"] or "").encode()) > LOCAL_PART_OCTETS:
        raise Refusal(501, "5.1.3", f"local part longer than {LOCAL_PART_OCTETS} octets")
    if len((match["domain"] or "").encode()) > DOMAIN_OCTETS:
        raise Refusal(501, "5.1.3", f"domain longer than {DOMAIN_OCTETS} octets")
    words = [word.partition("=") for word in match["parameters"].split()]
    return match["mailbox"] or "", {name.upper(): value for name, _, value in words}


def _check_charset(address: str, *, is_smtputf8: bool) -> None:
    if not address.isascii() and not is_smtputf8:
        raise Refusal(553, "5.6.7", "a non-ASCII address wants SMTPUTF8 at MAIL (RFC 6531 3.5)")
