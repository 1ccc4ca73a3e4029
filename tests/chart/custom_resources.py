"""What the definitions of custom resources say: of KEDA, the Gateway API, Prometheus."""

import json
import subprocess
from collections.abc import Sequence
from typing import cast

from tests.chart.rendering import Object, tools
from tests.servers.installation import ROOT
from tests.servers.presence import require

SECONDS = 60.0

VALIDATORS = ROOT / "tests" / "chart" / "custom_resources.mjs"


def faults(objects: Sequence[Object]) -> list[str]:
    """Say what is wrong with custom resources; unknown fields are, and so are unknown kinds."""
    node = require("node", "node")
    done = subprocess.run(
        [node, VALIDATORS, tools()],
        input=json.dumps(objects),
        check=True,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    return cast("list[str]", json.loads(done.stdout))
