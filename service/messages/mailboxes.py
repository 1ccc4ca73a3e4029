"""Addresses in a request: a string, or an object with `email` and `name`; one, or a list."""

from typing import Any, ClassVar

from marshmallow import ValidationError

from pillarbox.domain.address import Address, Mailbox
from pillarbox.mime.errors import AddressSyntaxError
from pillarbox.mime.mailbox import parse_mailbox
from service.validation import SENTENCES, Complaint, StrictField, complain, complain_of

_MEMBERS = frozenset({"email", "name"})
_ANY_ADDRESS = "anybody@example.com"

MAILBOX = {"$ref": "#/components/schemas/Mailbox"}

MAILBOX_COMPONENT = {
    "description": "One RFC 5322 mailbox; a list, a group, a comment and a quoted local part are"
    " faults. Local part at most 64 octets, address 254; any script.",
    "oneOf": [
        {"type": "string", "examples": ["Acme Billing <billing@acme.test>", "ada@example.com"]},
        {
            "type": "object",
            "properties": {
                "email": {"type": "string", "examples": ["ada@example.com"]},
                "name": {"type": ["string", "null"], "examples": ["Ada"]},
            },
            "required": ["email"],
            "additionalProperties": False,
        },
    ],
}


class MailboxField(StrictField):
    """One mailbox, in either form."""

    openapi: ClassVar[dict[str, Any]] = MAILBOX

    def _deserialize(self, value: object, *_: object, **_options: object) -> Mailbox:
        return read_mailbox(value)


class AddressField(StrictField):
    """One address without a name, in either form."""

    openapi: ClassVar[dict[str, Any]] = MAILBOX

    def _deserialize(self, value: object, *_: object, **_options: object) -> Address:
        mailbox = read_mailbox(value)
        if mailbox.name:
            raise complain([("address.name_unexpected", "an envelope sender has no name")])
        return mailbox.address


class MailboxesField(StrictField):
    """One mailbox or a list of them."""

    openapi: ClassVar[dict[str, Any]] = {"oneOf": [MAILBOX, {"type": "array", "items": MAILBOX}]}

    def _deserialize(self, value: object, *_: object, **_options: object) -> tuple[Mailbox, ...]:
        if not isinstance(value, list):
            return (read_mailbox(value),)
        mailboxes: list[Mailbox] = []
        wrong: dict[int, Any] = {}
        for index, each in enumerate(value):
            try:
                mailboxes.append(read_mailbox(each))
            except ValidationError as error:
                wrong[index] = error.messages
        if wrong:
            raise ValidationError(wrong)
        return tuple(mailboxes)


def read_mailbox(value: object) -> Mailbox:
    """Return the mailbox, or raise marshmallow's error with every complaint about it."""
    try:
        if isinstance(value, str):
            return parse_mailbox(value)
        if isinstance(value, dict):
            return _from_members(value)
    except AddressSyntaxError as error:
        raise complain([(error.code, error.detail)]) from error
    raise complain_of("type.mailbox")


def _from_members(members: dict[str, Any]) -> Mailbox:
    email, name = members.get("email"), members.get("name", "")
    wrong = {each: [_sentence("member.unknown")] for each in members if each not in _MEMBERS}
    if email is None:
        wrong["email"] = [_sentence("member.required")]
    elif not isinstance(email, str):
        wrong["email"] = [_sentence("type.string")]
    if not isinstance(name, str):
        wrong["name"] = [_sentence("type.string")]
    if not wrong:
        try:
            return parse_mailbox(email or "", name=name)
        except AddressSyntaxError:
            pass
    for member, address, display in (("email", email, ""), ("name", _ANY_ADDRESS, name)):
        if isinstance(address, str) and isinstance(display, str):
            _tell(wrong, member, address, display)
    raise ValidationError(wrong)


def _tell(wrong: dict[str, list[Complaint]], member: str, address: str, name: str) -> None:
    """Check one of the two by itself, so that a fault of one does not hide the other's."""
    try:
        parse_mailbox(address, name=name)
    except AddressSyntaxError as error:
        wrong[member] = [Complaint(error.code, error.detail)]


def _sentence(code: str) -> Complaint:
    return Complaint(code, SENTENCES[code])
