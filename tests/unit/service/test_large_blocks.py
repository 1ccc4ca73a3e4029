"""A process is as small after a large request as before it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import sys, threading
from service.large_blocks import give_back_large_blocks

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

def read():
    body = bytearray()
    for _ in range(24):
        body += bytes(1 << 20)
    text = body.decode("latin-1")
    del body
    return len(text)

if sys.argv[1] == "given back":
    give_back_large_blocks()
before = resident()
for _ in range(8):
    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and tunes glibc")
def test_what_large_bodies_took_is_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "given back"],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )

    assert int(done.stdout) < 8 << 20
