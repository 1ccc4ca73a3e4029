"""The table of scenes, and the address that asks for one.

1. Only a local part that begins with `scene-` asks for a scene: no ordinary mail
   meets one by accident.
2. What follows a `+` is of no account, but for `once` and a number of seconds
   (`3s`): `scene-hang-rcpt+3s+once+run42@example.com`.
3. A scene that is not in the table is refused with a reply that says so: a test
   with a misspelt scene must not pass.
"""

import re
from types import MappingProxyType

from pillarbox.sandbox.refusal import Refusal
from pillarbox.sandbox.scene import Accept, Delay, Drop, Hang, Part, Refuse, Scene, Stage

PREFIX = "scene-"

SECONDS = re.compile(r"([0-9]{1,3})s")

_REFUSED = "`bounced`"
_LATER = "`deferred`"
_NOBODY_KNOWS = "`uncertain`"
_BEFORE_DATA = f"{_LATER}; {_NOBODY_KNOWS} if the content had gone along with the recipients (BDAT)"
_WAITS = "waits as it was: the relay is at fault"

_TABLE = (
    Scene("accepted", Stage.RCPT, Accept(), "takes it, as any other address", "`sent`"),
    Scene(
        "unknown",
        Stage.RCPT,
        Refuse(550, "5.1.1", "no such user here"),
        "550 5.1.1 no such user",
        f"{_REFUSED}, `invalid_recipient`",
    ),
    Scene(
        "full",
        Stage.RCPT,
        Refuse(552, "5.2.2", "mailbox full"),
        "552 5.2.2 mailbox full",
        f"{_REFUSED}, `mailbox_full`; beside recipients that were taken it is first tried alone",
    ),
    Scene(
        "greylisted",
        Stage.RCPT,
        Refuse(450, "4.2.0", "greylisted, try again later"),
        "450 4.2.0 greylisted the first time, then takes it",
        f"{_LATER}, `greylisted`; then `sent`",
        once=True,
    ),
    Scene(
        "deferred",
        Stage.RCPT,
        Refuse(451, "4.3.0", "local error in processing"),
        "451 4.3.0 for ever",
        f"{_LATER}, `server_busy`; in the end `expired`",
    ),
    Scene(
        "rejected",
        Stage.END,
        Refuse(554, "5.7.1", "message rejected as spam"),
        "554 5.7.1 at the end of data",
        f"{_REFUSED}, `spam_blocked`, with all recipients of the transaction",
    ),
    Scene(
        "closing",
        Stage.RCPT,
        Refuse(421, "4.3.2", "closing, try again later"),
        "421 4.3.2, and ends the session",
        _LATER,
    ),
    Scene(
        "closing-content",
        Stage.CONTENT,
        Refuse(421, "4.3.2", "closing, try again later"),
        "421 4.3.2 in the middle of the content, and ends the session",
        _LATER,
    ),
    Scene(
        "partial",
        Stage.RCPT,
        Drop(b"250 2.1.5 Ok\r\n"),
        "takes it, leaves the rest of the group unanswered and drops the connection",
        _BEFORE_DATA,
    ),
    Scene(
        "torn",
        Stage.RCPT,
        Drop(b"250 2.1"),
        "drops the connection in the middle of a reply",
        _BEFORE_DATA,
    ),
    Scene("drop-rcpt", Stage.RCPT, Drop(), "drops the connection without a reply", _BEFORE_DATA),
    Scene(
        "drop-data",
        Stage.DATA,
        Drop(),
        "drops the connection before the content",
        _BEFORE_DATA,
    ),
    Scene(
        "drop-content",
        Stage.CONTENT,
        Drop(),
        "drops the connection in the middle of the content, before the dot",
        f"{_LATER}; {_NOBODY_KNOWS} if the end of data had been handed over by then,"
        " as that of any small message is",
    ),
    Scene(
        "drop-end",
        Stage.END,
        Drop(),
        "drops the connection after the dot; the mail is not kept",
        _NOBODY_KNOWS,
    ),
    Scene(
        "drop-end-kept",
        Stage.END,
        Drop(),
        "drops the connection after the dot; the mail is kept",
        f"{_NOBODY_KNOWS}; each further attempt keeps it once more",
        keeps=True,
    ),
    *(
        Scene(f"hang-{name}", stage, Hang(), f"hangs at {what}", becomes, once=once)
        for name, stage, what, becomes, once in (
            ("greeting", Stage.GREETING, "the next session's greeting", _WAITS, True),
            ("ehlo", Stage.EHLO, "the next session's EHLO", _WAITS, True),
            ("starttls", Stage.STARTTLS, "the next session's STARTTLS", _WAITS, True),
            ("tls", Stage.TLS, "the next session's TLS handshake", _WAITS, True),
            ("auth", Stage.AUTH, "the next session's AUTH", _WAITS, True),
            ("mail", Stage.MAIL, "the next MAIL", _BEFORE_DATA, True),
            ("rcpt", Stage.RCPT, "RCPT", _BEFORE_DATA, False),
            ("data", Stage.DATA, "DATA", _BEFORE_DATA, False),
            (
                "content",
                Stage.CONTENT,
                "the content, reading no more of it",
                f"{_LATER}; {_NOBODY_KNOWS} if the end of data had been handed over by then",
                False,
            ),
            ("end", Stage.END, "the end of data; the mail is not kept", _NOBODY_KNOWS, False),
        )
    ),
    Scene(
        "hang-end-kept",
        Stage.END,
        Hang(),
        "hangs at the end of data; the mail is kept",
        f"{_NOBODY_KNOWS}; each further attempt keeps it once more",
        keeps=True,
    ),
    Scene(
        "hang-rset",
        Stage.RSET,
        Hang(),
        "takes it, and hangs at the next RSET",
        f"`sent`; the next message there is {_BEFORE_DATA}",
        once=True,
    ),
    Scene(
        "hang-quit",
        Stage.QUIT,
        Hang(),
        "takes it, and hangs at the next QUIT",
        "`sent`; nothing waits for the goodbye",
        once=True,
    ),
    Scene(
        "slow",
        Stage.RCPT,
        Delay(),
        "takes it; this and each later reply of the transaction comes 2 s late",
        "`sent`",
    ),
)

SCENES = MappingProxyType({scene.name: scene for scene in _TABLE})
"""By what follows `scene-` in the local part."""


def part_in(sender: str, recipient: str) -> Part | None:
    """Read which scene an envelope asks for: none, mostly. `Refusal` if there is no such scene."""
    local = recipient.rpartition("@")[0].lower()
    if not local.startswith(PREFIX):
        return None
    name, *tags = local.removeprefix(PREFIX).split("+")
    scene = SCENES.get(name)
    if scene is None:
        raise Refusal(553, "5.1.3", f"there is no scene {name}: see docs/sandbox.md")
    lengths = [int(match[1]) for tag in tags if (match := SECONDS.fullmatch(tag))]
    return Part(
        scene,
        envelope=(sender, recipient),
        seconds=lengths[-1] if lengths else None,
        is_once=scene.once or "once" in tags,
    )


def scene_table() -> str:
    """Render the table as Markdown, for the documentation."""
    head = ("| local part | the relay | the recipient |", "|---|---|---|")
    rows = (f"| `{PREFIX}{each.name}` | {each.plays} | {each.becomes} |" for each in _TABLE)
    return "\n".join([*head, *rows]) + "\n"
