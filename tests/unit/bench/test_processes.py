"""What processes use is counted once, under the role that started them."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from bench.errors import ProcessChangedError
from bench.processes import children_by_word, usage
from tests.servers.process import is_alive
from tests.waiting import wait_until

TREE = """
import subprocess, sys
waiting = [sys.executable, "-c", "print('ready', flush=True); input()"]
child = subprocess.Popen(waiting, stdin=subprocess.PIPE)
sys.stdin.read()
child.communicate(b"end")
"""


@pytest.fixture
def tree() -> Iterator[psutil.Process]:
    """Start a process with one child, both waiting."""
    with subprocess.Popen(
        [sys.executable, "-c", TREE, "a-word"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        yield psutil.Process(process.pid)


def test_a_role_includes_what_its_processes_have_started(tree: psutil.Process) -> None:
    [child] = tree.children()

    whole = usage({"all": [tree]})["all"]
    parts = usage({"parent": [tree], "child": [child]})

    assert whole.peak_octets == sum(part.peak_octets for part in parts.values())
    assert parts["child"].peak_octets > 1_000_000


def test_a_process_that_has_ended_spoils_the_measurement(tree: psutil.Process) -> None:
    """A worker that was started again would have used nothing."""
    [child] = tree.children()
    child.kill()
    wait_until(lambda: not is_alive(child))

    with pytest.raises(ProcessChangedError, match="worker"):
        usage({"worker": [child]})


def test_cpu_is_what_was_used_since() -> None:
    before = usage({"tests": [psutil.Process()]})["tests"]
    while usage({"tests": [psutil.Process()]})["tests"].since(before).cpu_seconds <= 0:
        pass


def test_children_are_told_apart_by_a_word_of_their_command(tree: psutil.Process) -> None:
    ours = psutil.Process(os.getpid())

    roles = children_by_word(ours, {"a-word": "worker"}, other="broker")

    assert [tree.pid] == [process.pid for process in roles["worker"]]
