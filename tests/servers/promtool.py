"""promtool: what Prometheus itself makes of metrics, of rules and of their tests."""

import subprocess
from pathlib import Path

from tests.servers.presence import require
from tests.servers.unpacked import CACHE


class Promtool:
    """The program; each method returns what it complained of, empty if of nothing."""

    def __init__(self) -> None:
        self._program = require("promtool", "promtool", CACHE / "promtool")

    def check_metrics(self, exposition: str) -> str:
        """Parse and lint an exposition, as a scrape would."""
        return self._complaint("check", "metrics", given=exposition)

    def check_rules(self, rules: Path) -> str:
        """Parse rules, and lint them."""
        return self._complaint("check", "rules", "--lint-fatal", str(rules))

    def test_rules(self, tests: Path) -> str:
        """Run the tests of rules."""
        return self._complaint("test", "rules", str(tests))

    def _complaint(self, *arguments: str, given: str = "") -> str:
        done = subprocess.run(
            [self._program, *arguments],
            check=False,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode == 0:
            return done.stderr if arguments[:2] == ("check", "metrics") else ""
        return done.stdout + done.stderr
