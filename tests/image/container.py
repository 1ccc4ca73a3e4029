"""A process of the image as an engine runs it in a restricted pod, without an engine.

1. Its root is read-only; `/tmp` is a tmpfs, on which nothing can be executed, and
   `/dev` has no more than four devices.
2. It is the first process of a process namespace of its own, as the user that
   the image names, without capabilities or a way to new ones.
3. The network is this machine's.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from tests.image.built import BuiltImage
from tests.servers.presence import lacking, require
from tests.servers.process import STOP_TIMEOUT, ServerProcess
from tests.waiting import wait_until

COMMAND_SECONDS = 60.0

_ENTER = """
root=$1 user=$2
shift 2
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o nosuid,nodev,noexec,mode=1777,size=64m tmpfs "$root/tmp"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o nosuid,noexec,mode=755,size=64k tmpfs "$root/dev"
for device in null zero random urandom; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mount -o remount,ro "$root/dev"
exec setpriv --no-new-privs chroot --userspec="$user" "$root" "$@"
"""


def command(
    image: BuiltImage, *arguments: str, entrypoint: Sequence[str] | None = None
) -> list[str]:
    """Return what runs the image with these arguments, in place of its CMD."""
    entry = image.config["Entrypoint"] if entrypoint is None else entrypoint
    return [
        *_namespaces(),
        *("sh", "-ec", _ENTER, "sh", str(image.root), image.config["User"]),
        *entry,
        *arguments,
    ]


def run(
    image: BuiltImage,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    entrypoint: Sequence[str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        command(image, *arguments, entrypoint=entrypoint),
        env=image.environment | dict(environment or {}),
        check=False,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    )


def require_namespaces() -> None:
    """See that this machine lets us make containers, or be `lacking` them."""
    tried = subprocess.run([*_namespaces(), "true"], check=False, capture_output=True, text=True)
    if tried.returncode != 0:
        lacking("namespaces", f"unshare is not permitted here: {tried.stderr.strip()}")


class Container(ServerProcess):
    """A role that answers when this is made; signals go to the role itself, as an engine's do."""

    def __init__(
        self,
        image: BuiltImage,
        *arguments: str,
        log: Path,
        answers: Callable[["Container"], bool],
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(
            command(image, *arguments),
            log=log,
            answers=lambda: answers(self),
            environment=image.environment | dict(environment),
        )

    @property
    def pid(self) -> int:
        """The role's process id, as this machine counts; inside it is 1."""
        children = psutil.Process(self._process.pid).children()
        return children[0].pid if children else self._process.pid

    @property
    def root(self) -> Path:
        """The files as the role sees them."""
        return Path(f"/proc/{self.pid}/root")

    @property
    def arguments(self) -> list[str]:
        """What the process runs now: the role comes by several programs, one after the other."""
        return psutil.Process(self.pid).cmdline()

    def status(self, field: str) -> str:
        """Return a field of the role's /proc status."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        [value] = [line.partition(":")[2].strip() for line in lines if line.startswith(f"{field}:")]
        return value

    def end(self) -> int:
        """Tell it to end, and wait; its exit status."""
        os.kill(self.pid, signal.SIGTERM)
        return self.wait(STOP_TIMEOUT)

    def stop(self) -> None:
        """End it in its own time, or by force."""
        if self.is_running:
            os.kill(self.pid, signal.SIGTERM)
        try:
            self.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()

    def make_orphan(self) -> psutil.Process:
        """Start a process inside whose parent has ended, as `kubectl exec` may leave one."""
        enter = ["nsenter", f"--target={self.pid}", "--pid", "--mount", "--root", "--wdns=/"]
        before = {child.pid for child in psutil.Process(self.pid).children()}
        subprocess.run(
            [*enter, "sh", "-c", "sleep 600 </dev/null >/dev/null 2>&1 &"], check=True, timeout=30
        )

        def found() -> list[psutil.Process]:
            children = psutil.Process(self.pid).children()
            return [each for each in children if each.pid not in before and each.name() == "sleep"]

        return wait_until(found, what="the orphan is the role's")[0]


def _namespaces() -> list[str]:
    unshare = require("unshare", "unshare")
    return [str(unshare), "--mount", "--pid", "--fork", "--kill-child", "--"]
