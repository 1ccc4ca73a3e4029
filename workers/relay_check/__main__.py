"""`python -m workers.relay_check [--within SECONDS] [NAME…]`: walk relays, print what was seen.

It is JSON. All are walked at the same time; `--within` bounds each whole walk.
The exit status is 0 if every step of all of them went well, 1 if one did not, 2
if there is nothing to walk.
"""

import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any, Final

from pillarbox import bootstrap
from pillarbox.domain.relay import Relay
from pillarbox.process import load_settings
from pillarbox.settings import SettingError
from workers.pools import make_endpoint
from workers.relay_check.walk import walk
from workers.smtp.ending import Ending
from workers.smtp.errors import ArgumentRefusedError, FileRefusedError

WITHIN: Final = "--within"
MOST_AT_ONCE: Final = 32


def main(arguments: Sequence[str]) -> int:
    """Walk the relays of these names, or all of them; returns the exit status."""
    within, names = None, arguments
    if arguments[:1] == [WITHIN]:
        within, names = float(arguments[1]), arguments[2:]
    try:
        settings = load_settings()
        relays = bootstrap.relays(settings, secrets=True)
    except SettingError as error:
        return _refuse(str(error))
    if not relays:
        return _refuse("no relay is configured: set PILLARBOX_RELAY_URL or PILLARBOX_RELAYS_FILE")
    for name in names:
        if name not in relays:
            return _refuse(f"there is no relay {name}; there are: {', '.join(relays)}")
    chosen = [relays[name] for name in names or relays]
    look = partial(_walked, ehlo_name=settings.ehlo_name, within=within)
    with ThreadPoolExecutor(MOST_AT_ONCE) as threads:
        found = list(threads.map(look, chosen))
    sys.stdout.write(json.dumps({"relays": found}, default=_time) + "\n")
    return 0 if all(each["ok"] for each in found) else 1


def _walked(relay: Relay, ehlo_name: str | None, within: float | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": relay.name,
        "host": f"{relay.host}:{relay.port}",
        "tls": relay.tls.value,
    }
    try:
        ending = Ending() if within is None else Ending(time.monotonic() + within)
        seen = walk(make_endpoint(relay, ehlo_name, ending), ending=ending, within=within)
    except FileRefusedError as error:
        detail = f"{error.path}: {error.reason}"
        step = {"name": error.field, "ok": False, "detail": detail}
        return told | {"ok": False, "steps": [step]}
    except ArgumentRefusedError as error:
        step = {"name": "ehlo", "ok": False, "detail": f"PILLARBOX_EHLO_NAME: {error.reason}"}
        return told | {"ok": False, "steps": [step]}
    return told | {"ok": seen.ok} | asdict(seen)


def _refuse(line: str) -> int:
    sys.stderr.write(f"{line}\n")
    return 2


def _time(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(type(value))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
