"""Many large messages come at once: the API takes some at a time, and small ones pass."""

import base64
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests

from tests.ports import free_port
from tests.servers.installation import Installation
from tests.waiting import wait_until

MEGABYTE = 1_000_000
POSTS = 12
ATTACHED = 12 * MEGABYTE
ROOM = 24 * MEGABYTE
MOST_MEMORY = 100 * MEGABYTE
"""For bodies: four times their room. Seen were 40 MB, and without a bound 160 MB."""


def _peak(process: psutil.Process) -> int:
    """Return the most octets that a process has had in memory (proc(5), VmHWM)."""
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
    [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(peak) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks the kernel for the peak")
def test_memory_is_bounded_and_all_are_accepted_in_the_end(tmp_path: Path) -> None:
    """Who is told to come again comes again, and small messages need not."""
    large = {
        "from": "billing@acme.test",
        "to": "ada@example.com",
        "subject": "Large",
        "text": "Attached.",
        "attachments": [
            {
                "filename": "large.bin",
                "content_type": "application/octet-stream",
                "content": base64.b64encode(os.urandom(ATTACHED * 3 // 4)).decode(),
            }
        ],
    }
    running = Installation(
        tmp_path,
        relay_url=f"smtp://127.0.0.1:{free_port()}",
        REDIS_URL=f"redis://127.0.0.1:{free_port()}/0",
        LARGE_REQUESTS_BYTES=ROOM,
    )
    running.command("migrate")
    running.start_api()
    try:
        running.get("/readyz")
        [serving] = psutil.Process(running.pid("api")).children()
        before = _peak(serving)

        def post_until_accepted(_number: int) -> None:
            wait_until(lambda: _accepted(running, large), 120, "it is accepted")

        with ThreadPoolExecutor(POSTS) as threads:
            posting = [threads.submit(post_until_accepted, number) for number in range(POSTS)]
            while not all(each.done() for each in posting):
                running.send()
            for each in posting:
                each.result()

        grown = _peak(serving) - before
        assert grown < MOST_MEMORY
    finally:
        running.stop("api")


def _accepted(running: Installation, document: Mapping[str, object]) -> bool:
    """Post; who is refused while it sends may find the connection closed."""
    try:
        answer = requests.post(
            f"{running.url}/v1/messages",
            json=document,
            headers=running.authorization,
            timeout=60,
        )
    except requests.ConnectionError:
        return False
    assert answer.status_code in {202, 503}, answer.text
    return answer.status_code == 202
