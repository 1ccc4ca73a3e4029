"""Writes the pages of `docs/` that are made from the code: `make docs`.

With `--check` nothing is written, and the exit status is 1 if a page is not current.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from pillarbox.domain.classification import BY_CATEGORY
from pillarbox.domain.status import (
    MESSAGE_RULES,
    TERMINAL,
    TRANSITIONS,
    Event,
    MessageStatus,
    RecipientStatus,
)
from pillarbox.relay_settings import RelaySettings
from pillarbox.settings import PREFIX, Settings
from pillarbox.settings_survey import FILE_VARIABLE
from tools.chart_config import values_schema
from tools.chart_readme import readme_page
from tools.dashboard import ROWS
from tools.grafana import dashboard
from tools.metrics_page import metrics_page
from tools.smtp_laws_page import smtp_laws_page

ROOT = Path(__file__).resolve().parents[1]
_MADE = "<!-- Made by `make docs` from {source}; change that instead. -->\n"


def settings_page() -> str:
    """List every setting with its default."""
    lines = [
        "# Settings",
        "",
        _MADE.format(source="`pillarbox/settings.py` and `pillarbox/relay_settings.py`"),
        "Each is an environment variable; without the prefix and in lower case it is a name in",
        f"the TOML file that `{FILE_VARIABLE}` names. The environment wins over the file. A wrong",
        "setting stops the start with one line that names it. Times are in seconds, sizes in",
        "octets.",
        "",
    ]
    of_relays = {each.name for each in fields(RelaySettings)}
    lines += _settings_table(each for each in fields(Settings) if each.name not in of_relays)
    lines += ["", "## Towards relays", ""]
    lines += _settings_table(each for each in fields(RelaySettings) if not _is_timeout(each))
    lines += [
        "",
        "## How long a relay may take",
        "",
        "Each is for one reply, handshake or block, whole (RFC 5321 4.5.3.2). In a file of relays",
        "each `[[relay]]` may say otherwise in its `[relay.timeouts]`, without the prefix.",
        "",
    ]
    lines += _settings_table(filter(_is_timeout, fields(RelaySettings)))
    return "\n".join(lines) + "\n"


def _settings_table(settings: Iterable[Field[Any]]) -> list[str]:
    lines = ["| variable | default | what it sets |", "|---|---|---|"]
    for setting in settings:
        default = "" if setting.default in (None, MISSING) else f"`{_shown(setting.default)}`"
        doc = setting.metadata["doc"].replace("|", "\\|")
        lines.append(f"| `{PREFIX}{setting.name.upper()}` | {default} | {doc} |")
    return lines


def _is_timeout(setting: Field[Any]) -> bool:
    return setting.name.startswith("smtp_timeout_")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) and value < 1e6 else str(value)  # noqa: PLR2004 - six digits is what `g` shows whole


def lifecycle_page() -> str:
    """Draw the life of a recipient, and list what it makes of the message."""
    lines = [
        "# The life of a recipient, and of a message",
        "",
        _MADE.format(source="`pillarbox/domain/status.py`"),
        "## Recipient",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> queued",
    ]
    for status, following in TRANSITIONS.items():
        for step, after in following.items():
            name = step.value if isinstance(step, Event) else step.__name__.lower()
            lines.append(f"    {status} --> {after}: {name}")
    lines += [f"    {status} --> [*]" for status in RecipientStatus if status in TERMINAL]
    lines += ["```", "", "| status | after an attempt or event | becomes |", "|---|---|---|"]
    for status, following in TRANSITIONS.items():
        for step, after in following.items():
            name = step.value if isinstance(step, Event) else step.__name__
            lines.append(f"| `{status}` | {name} | `{after}` |")
    lines += [
        "",
        "`sending` is not stored: it is what a waiting recipient is called while a worker holds",
        "the lease on its delivery.",
        "",
        "## Message",
        "",
        f"The first that fits; before them all, `{MessageStatus.SCHEDULED}` until its `send_at`,",
        f"and `{MessageStatus.SENDING}` while a worker holds any of its recipients; after them",
        f"all, `{MessageStatus.FAILED}`.",
        "",
        "| status | recipients |",
        "|---|---|",
    ]
    for rule in MESSAGE_RULES:
        among = sorted(
            {
                f"`{each.status}`"
                + (
                    (" with a next attempt" if each.scheduled else " with none")
                    if each.status is RecipientStatus.UNCERTAIN
                    else ""
                )
                for each in rule.standings
            }
        )
        lines.append(f"| `{rule.status}` | {rule.quantifier} {' or '.join(among)} |")
    return "\n".join(lines) + "\n"


def replies_page() -> str:
    """List what each category means, and what follows from it."""
    lines = [
        "# What a reply means",
        "",
        _MADE.format(source="`pillarbox/domain/classification/consequence.py`"),
        "The first digit of a reply decides what becomes of a recipient, alone: 4yz `deferred`,",
        "5yz `bounced` (RFC 5321 4.2.1). Its `category` says why, by the words, the enhanced code",
        "and the command; `pillarbox reply '550 5.1.1 No such user'` shows it, with the rule that",
        "decided.",
        "",
        "| `category` | means | at fault | may pass with time | slows relay | suppresses |",
        "|---|---|---|---|---|---|",
    ]
    for category, line in BY_CATEGORY.items():
        flags = (line.passes_with_time, line.slows_relay, line.suppresses)
        said = ("yes" if flag else "" for flag in flags)
        columns = [f"`{category}`", line.means, line.blames, *said]
        lines.append(f"| {' | '.join(columns)} |")
    lines += [
        "",
        "- An address is suppressed only by a 5yz to RCPT that says that it does not exist. Words",
        "  of a temporary condition, of the relay's account or of its reputation forbid it,",
        "  whatever the code.",
        "- A relay is slowed by words of load to MAIL, and by any 421. No words park it: only a",
        "  refusal of AUTH does, or 530 and 535 to MAIL.",
    ]
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "docs/settings.md": settings_page,
    "docs/lifecycle.md": lifecycle_page,
    "docs/smtp-laws.md": lambda: smtp_laws_page(_MADE.format(source="`tests/laws`")),
    "docs/replies.md": replies_page,
    "helm/values.schema.json": values_schema,
    "helm/files/dashboard.json": lambda: dashboard(ROWS),
    "docs/metrics.md": lambda: metrics_page(_MADE.format(source="`pillarbox/observe/metrics.py`")),
    "helm/README.md": readme_page,
}


def stale_pages() -> list[str]:
    """Name the pages that are not what the code makes."""
    return [
        name
        for name, page in PAGES.items()
        if not (ROOT / name).exists() or (ROOT / name).read_text(encoding="utf-8") != page()
    ]


def main() -> int:
    """Write the pages, or with `--check` name those that are stale."""
    stale = stale_pages()
    if "--check" in sys.argv:
        sys.stderr.write("".join(f"{name} is stale: run `make docs`\n" for name in stale))
        return 1 if stale else 0
    for name in stale:
        (ROOT / name).write_text(PAGES[name](), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
