"""`pillarbox doctor` as tests run it, and what it said."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Told:
    """What doctor said."""

    status: int
    findings: list[dict[str, Any]]
    text: str

    def faults(self) -> dict[str, str]:
        """Return the faults by check."""
        return self._of("fault")

    def warnings(self) -> dict[str, str]:
        """Return the warnings by check."""
        return self._of("warning")

    def reached(self) -> set[str]:
        """Name the checks that came to their end, and to no fault."""
        ended = {each["check"] for each in self.findings if "not looked at" in each["seen"]}
        return {each["check"] for each in self.findings} - {*self.faults(), *ended}

    def _of(self, level: str) -> dict[str, str]:
        return {
            each["check"]: " ".join((each["about"], each["seen"], each["advice"]))
            for each in self.findings
            if each["level"] == level
        }


def doctor(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        [sys.executable, "-m", "pillarbox.cli", "doctor", *arguments],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )


def examined(environment: Mapping[str, str], *names: str, **changed: str) -> Told:
    """Run these checks, or all, with some settings changed; see that its status fits."""
    changes = {f"PILLARBOX_{name}": value for name, value in changed.items()}
    done = doctor({**environment, **changes}, "--json", *names)
    assert "" == done.stderr
    document = json.loads(done.stdout)
    told = Told(done.returncode, document["findings"], done.stdout)
    assert document["ok"] is (not told.faults())
    assert bool(told.faults()) is bool(told.status)
    return told
