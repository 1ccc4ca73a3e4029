"""The steps of an attempt as JSON: lists in a fixed order, without names and without what is empty.

Every attempt that was ever made is kept, so a step is `[command, milliseconds, reply,
recipient]`, a reply `[code, enhanced, text, command]`, a recipient `[local, domain,
given]`; what is last and empty is left out, and so is a reply's command where it is the
step's own. It is a third of what objects with names take, which is what was written before:
those are read as well.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from pillarbox.domain.address import Address
from pillarbox.domain.attempt import Step
from pillarbox.domain.reply import Reply, Verb
from pillarbox.store.document import read_address, write_json

_VERBS = {each.value: each for each in Verb}


def write_steps(steps: Sequence[Step]) -> str:
    """Write steps; raises `ValueError` for text that is not Unicode."""
    return write_json([_write_step(step) for step in steps]).decode()


def read_steps(text: str) -> tuple[Step, ...]:
    """Read what was written, in this form or the one before."""
    return tuple(
        _read_named(step) if isinstance(step, dict) else _read_step(*step)
        for step in orjson.loads(text)
    )


def _write_step(step: Step) -> list[Any]:
    written: list[Any] = [step.command, round(step.milliseconds, 3)]
    reply, recipient = step.reply, step.recipient
    if reply is not None:
        said: list[Any] = [reply.code, reply.enhanced, reply.text]
        if reply.command is not step.command:
            said.append(reply.command)
        written.append(said)
    if recipient is not None:
        if reply is None:
            written.append(None)
        written.append([recipient.local, recipient.domain, recipient.given])
    return written


def _read_step(
    command: str,
    milliseconds: float,
    reply: Sequence[Any] | None = None,
    recipient: Sequence[str] | None = None,
) -> Step:
    verb = _VERBS[command]
    return Step(
        verb,
        _read_reply(verb, *reply) if reply else None,
        milliseconds,
        Address(*recipient) if recipient else None,
    )


def _read_reply(
    verb: Verb, code: int, enhanced: str | None, text: str, command: str | None = None
) -> Reply:
    return Reply(code, text, _VERBS[command] if command else verb, enhanced)


def _read_named(members: dict[str, Any]) -> Step:
    reply, recipient = members.get("reply"), members.get("recipient")
    return Step(
        Verb(members["command"]),
        Reply(reply["code"], reply["text"], Verb(reply["command"]), reply["enhanced"])
        if reply
        else None,
        members["milliseconds"],
        read_address(recipient) if recipient else None,
    )
