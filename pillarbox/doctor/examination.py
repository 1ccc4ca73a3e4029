"""Running checks side by side, each for as long as it may take.

1. Each check runs in a thread that is left behind if it hangs: a frozen server
   holds whoever asks it, and there is no way to call a thread back.
2. What another check needs is waited for, and if that ended early it is not
   looked at, which is said.
"""

import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pillarbox.doctor.check import Check, CheckEndedError
from pillarbox.doctor.finding import Finding, fault, warning
from pillarbox.doctor.secrecy import Secrecy

_NOT_BEGUN: Final = "Mend that first"


def chosen(checks: Sequence[Check], names: Collection[str]) -> list[Check]:
    """Return the checks of these names and those that they need; all of them without names.

    Raises `KeyError` with the first name that there is no check of.
    """
    if not names:
        return list(checks)
    needs = {check.name: check.needs for check in checks}
    wanted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        waiting += [each for each in needs[name] if each not in wanted]
        wanted.add(name)
    return [check for check in checks if check.name in wanted]


def examine(checks: Sequence[Check], secrecy: Secrecy) -> Iterator[Finding]:
    """Run the checks at once; their findings in the order of the checks, as they are known."""
    runs = [_Run(check) for check in checks]
    for run in runs:
        run.start(runs)
    for run in runs:
        run.ended.wait()
        for finding in run.findings:
            told = secrecy.kept_in(replace(finding, check=run.check.name))
            yield (
                told if told.about or not run.check.about else replace(told, about=run.check.about)
            )


@dataclass(slots=True)
class _Run:
    """One check while it runs."""

    check: Check
    findings: list[Finding] = field(default_factory=list)
    stands: bool = False
    """Whether it ended well enough for what needs it."""
    ended: threading.Event = field(default_factory=threading.Event)

    def start(self, others: Sequence["_Run"]) -> None:
        threading.Thread(target=self._keep, args=(others,), daemon=True).start()

    def _keep(self, others: Sequence["_Run"]) -> None:
        """Wait for what is needed, then look, for no longer than is allowed."""
        for other in others:
            if other.check.name in self.check.needs:
                other.ended.wait()
                if not other.stands:
                    seen = f"not looked at, since {other.check.name} is not well"
                    self.findings = [warning(seen, _NOT_BEGUN)]
                    self.ended.set()
                    return
        looking = _Looking(self.check)
        looking.thread.start()
        looking.thread.join(self.check.seconds)
        self.findings = list(looking.findings)
        self.stands = looking.stands
        if looking.thread.is_alive():
            seen = f"no answer within {self.check.seconds:g} s"
            self.findings.append(fault(seen, self.check.in_time))
        self.ended.set()


class _Looking:
    """A check's own thread, and what it has found so far."""

    def __init__(self, check: Check) -> None:
        self.findings: list[Finding] = []
        self.stands = False
        self._check = check
        self.thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        try:
            for finding in self._check.look():
                self.findings.append(finding)
            self.stands = True
        except CheckEndedError as ended:
            self.findings.append(ended.finding)
        except Exception as error:  # noqa: BLE001 - one check's failure hides no other; its text may hold a secret
            seen = f"could not be looked at ({type(error).__name__})"
            self.findings.append(fault(seen, "This is a fault of doctor: report it"))
