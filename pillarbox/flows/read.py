"""What a caller may ask of its messages."""

from dataclasses import replace
from typing import TypeVar

from pillarbox.domain.attempt import Attempt
from pillarbox.domain.errors import ContentPurgedError, NotFoundError, ScopeMissingError
from pillarbox.domain.ids import MESSAGE_PREFIX, KeyId, MessageId, is_type_id
from pillarbox.domain.key import ApiKey, Scope
from pillarbox.flows.ports.reading import MessageFilter, MessageReader, MessageView
from pillarbox.flows.ports.transport import Builder

_Thing = TypeVar("_Thing")


class Reading:
    """The use cases behind every GET of a message; another key's message is not found."""

    def __init__(self, store: MessageReader, build: Builder) -> None:
        self._store = store
        self._build = build

    def message(self, text: str, key: ApiKey) -> MessageView:
        """Look one message up, or raise `NotFoundError`."""
        _need(key, Scope.READ)
        view = self._store.message(identify(text), view_of(key))
        return found(view, "message", text)

    def messages(
        self, wanted: MessageFilter, key: ApiKey, *, limit: int, before: MessageId | None
    ) -> list[MessageView]:
        """List messages newest first; `wanted.key_id` is set to what the key may see."""
        _need(key, Scope.READ)
        seen = replace(wanted, key_id=view_of(key))
        return self._store.messages(seen, limit=limit, before=before)

    def attempts(self, text: str, key: ApiKey) -> list[Attempt]:
        """List the attempts of one message, oldest first, or raise `NotFoundError`."""
        _need(key, Scope.READ)
        return found(self._store.attempts(identify(text), view_of(key)), "message", text)

    def source(self, text: str, key: ApiKey) -> bytes:
        """Return the bytes that go on the wire.

        Raises `NotFoundError`, or `ContentPurgedError` if the message has outlived them.
        """
        _need(key, Scope.CONTENT)
        message_id, view = identify(text), view_of(key)
        content = self._store.content(message_id, view)
        if content is None:
            found(self._store.message(message_id, view), "message", text)
            raise ContentPurgedError(message_id)
        built = self._build(content)
        # A last line without an end is given one on the wire (RFC 5321 4.1.1.4).
        return built if built.endswith(b"\r\n") else built + b"\r\n"


def _need(key: ApiKey, scope: Scope) -> None:
    if not key.may(scope):
        raise ScopeMissingError(scope)


def view_of(key: ApiKey) -> KeyId | None:
    """Return whose messages a key may see; None for everybody's."""
    return None if key.may(Scope.MANAGE) else key.id


def identify(text: str) -> MessageId:
    """Read a message's id, or raise `NotFoundError`: what is none names nothing."""
    if not is_type_id(text, MESSAGE_PREFIX):
        raise NotFoundError("message", text)
    return MessageId(text)


def found(thing: _Thing | None, what: str, text: str) -> _Thing:
    """Return what was found, or raise `NotFoundError`."""
    if thing is None:
        raise NotFoundError(what, text)
    return thing
