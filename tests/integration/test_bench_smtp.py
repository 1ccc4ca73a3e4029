"""The bench of the SMTP engine runs as it stands, against a real Postfix over a slow line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.smtp.engine_cost import COMPARED
from bench.smtp.round_trips import ROUND_TRIPS_MS
from bench.smtp.ways import WAYS
from tests.servers.installation import ROOT, clean_environment
from tests.servers.postfix import PostfixServer

OPTIONS = ("--smoke", "--only", "line", "--only", "engine")
SECONDS = 240
"""For a run that takes twenty on a machine that does nothing else."""


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 30)
def test_each_way_carries_mail_at_each_round_trip(
    postfix_relay: PostfixServer, tmp_path: Path
) -> None:
    """It counts what Postfix has kept itself; of times nothing is said here."""
    assert postfix_relay.plain_port  # where it cannot be started, there is nothing to test
    file = tmp_path / "result.json"

    said = subprocess.run(
        [sys.executable, "-m", "bench", *OPTIONS, "--json", str(file)],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert 0 == said.returncode, said.stdout
    result = json.loads(file.read_text(encoding="utf-8"))
    carried = {
        way: [each["round_trip_ms"] for each in found["rounds"] if each["messages"] > 0]
        for way, found in result["round_trips"].items()
    }
    assert {way: list(ROUND_TRIPS_MS) for way in WAYS} == carried
    assert list(COMPARED) == list(result["engine_cost"])
    assert all(way in said.stdout for way in WAYS)
    assert {} == result["rows"]
