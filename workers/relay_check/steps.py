"""The steps of an opening as a person reads them, the failing one last."""

from dataclasses import dataclass, replace
from typing import Final

from pillarbox.domain.reply import Reply, Verb
from workers.relay_check.watched import Opened
from workers.smtp.endpoint import TlsPolicy
from workers.smtp.errors import OpeningError, Stage
from workers.smtp.trace import Step

_STAGES: Final = {
    Verb.GREETING: Stage.GREETING,
    Verb.EHLO: Stage.EHLO,
    Verb.HELO: Stage.EHLO,
    Verb.STARTTLS: Stage.STARTTLS,
    Verb.AUTH: Stage.AUTH,
}


@dataclass(frozen=True, slots=True)
class WalkedStep:
    """One step: `milliseconds` is None where it is not known, `reply` where none is due."""

    name: str
    ok: bool
    milliseconds: float | None = None
    reply: str | None = None
    detail: str | None = None


def opening_steps(
    seen: Opened, tls: TlsPolicy, error: OpeningError | None = None
) -> list[WalkedStep]:
    """List the steps of an opening, each with its reply and time; the last failed by `error`."""
    steps = [WalkedStep("connect", ok=True, milliseconds=seen.connected), *_said(seen)]
    if seen.shaken is not None:
        handshake = WalkedStep("tls", ok=True, milliseconds=seen.shaken)
        names = [step.name for step in steps]
        before = "connect" if tls is TlsPolicy.IMPLICIT else "starttls"
        steps.insert(names.index(before) + 1, handshake)
    if error is None:
        return steps
    last = _last_stage(seen, steps)
    if last is not error.stage:  # no reply came at all
        spent = sum(step.milliseconds or 0.0 for step in steps)
        left = max(0.0, seen.lasted - spent)
        steps.append(WalkedStep(error.stage.value, ok=True, milliseconds=left))
    reply = steps[-1].reply if error.reply is None else line_of(error.reply)
    steps[-1] = replace(steps[-1], ok=False, reply=reply, detail=error.fault.detail)
    return steps


def line_of(reply: Reply | None) -> str | None:
    """Return the first line of a reply."""
    return None if reply is None else str(reply).partition("\n")[0]


def _said(seen: Opened) -> list[WalkedStep]:
    steps = [_walked(step) for step in seen.steps if step.verb is not Verb.AUTH]
    exchange = [step for step in seen.steps if step.verb is Verb.AUTH]
    if exchange:
        took = sum(step.milliseconds for step in exchange)
        last = exchange[-1].reply
        reply = None if last is None or last.is_intermediate else line_of(last)
        steps.append(WalkedStep("auth", ok=True, milliseconds=took, reply=reply))
    return steps


def _walked(step: Step) -> WalkedStep:
    name = step.verb.value.lower()
    return WalkedStep(name, ok=True, milliseconds=step.milliseconds, reply=line_of(step.reply))


def _last_stage(seen: Opened, steps: list[WalkedStep]) -> Stage:
    """Say which stage the last of the steps is of: what was heard, or came without words."""
    name = steps[-1].name
    return Stage(name) if name in {"connect", "tls"} else _STAGES[seen.steps[-1].verb]
