"""Namespaces of the kernel, held open by a process of their own, and entered by ours."""

import ctypes
import functools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.servers.presence import lacking, require

NETWORK = 0x40000000
"""CLONE_NEWNET of setns(2)."""

NEEDED = ("--net", "--mount", "--pid", "--ipc", "--uts", "--fork")


class Holder:
    """A process in new namespaces, `kinds` as unshare(1) has them, that has run a script in them.

    It goes when this process does: it reads from a pipe that ends then. It is the
    first of its process namespace, so that whatever runs there goes with it.
    """

    def __init__(self, *kinds: str, script: str) -> None:
        shell = f"{script}\necho held\nexec cat"
        self._process = subprocess.Popen(
            ["unshare", "--pid", "--fork", *kinds, "--", "sh", "-ec", shell],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"held\n":
            assert self._process.stderr is not None
            said = self._process.stderr.read().decode(errors="replace")
            self.close()
            raise RuntimeError(f"no namespaces: {said}")
        [first] = psutil.Process(self._process.pid).children()
        self.pid = first.pid
        """The process whose namespaces they are."""

    def entering(self, *kinds: str) -> list[str]:
        """Return the command that runs what follows in these of its namespaces."""
        return ["nsenter", f"--target={self.pid}", *kinds, "--"]

    def close(self) -> None:
        """End it; namespaces that nobody else is in go with it."""
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        self._process.wait()


@contextmanager
def network_of(pid: int) -> Iterator[None]:
    """Have this thread's new sockets in a process's network; those that it has stay where they are.

    Only this thread's, and only in the block.
    """
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        other = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        try:
            _set(other)
        finally:
            os.close(other)
        try:
            yield
        finally:
            _set(own)
    finally:
        os.close(own)


def require_namespaces() -> None:
    """See that this machine lets us make them and connect them, or be `lacking` them."""
    for program in ("unshare", "nsenter", "ip", "setpriv", "chroot"):
        require(f"namespaces ({program})", program)
    script = "ip link add pods type bridge && mount -t tmpfs tmpfs /mnt"
    tried = subprocess.run(
        ["unshare", *NEEDED, "--", "sh", "-c", script], check=False, capture_output=True, text=True
    )
    if tried.returncode != 0:
        lacking("namespaces", f"not permitted here: {tried.stderr.strip()}")


def _set(descriptor: int) -> None:
    if _library().setns(descriptor, NETWORK) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@functools.cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)  # Python has setns from 3.12 on
