"""A container: a process in namespaces of its own, started as its manifest says.

1. It is the first process of its process namespace; its network, host name and
   what is in memory are the pod's.
2. Its environment is the image's and the manifest's, and what every kubelet adds.
3. `runAsUser`, `runAsGroup`, `fsGroup`, `readOnlyRootFilesystem`, dropped
   capabilities and `allowPrivilegeEscalation` are heeded. Seccomp is not, nor are
   limits of CPU and memory.
"""

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.cluster.configuration import ManifestError, Object, expand
from tests.cluster.image import Image
from tests.cluster.namespaces import Holder
from tests.cluster.volumes import Mount
from tests.waiting import wait_until

START_SECONDS = 60.0
"""Until its files are in place: a few mounts."""

HEEDED = frozenset({"args", "command", "env", "envFrom", "lifecycle", "livenessProbe", "name"}) | {
    *("ports", "readinessProbe", "securityContext", "startupProbe", "volumeMounts"),
}
WITHOUT_MEANING_HERE = frozenset(
    {"image", "imagePullPolicy", "resources", "terminationMessagePolicy"}
)

_PREPARING = ["sh", "-ec"]
_DEVICES = """
mount -t proc -o nosuid,nodev,noexec proc "$R/proc"
mount -t tmpfs -o nosuid,noexec,mode=755,size=64k tmpfs "$R/dev"
for device in null zero full random urandom; do
    : >"$R/dev/$device"
    mount --bind "/dev/$device" "$R/dev/$device"
done
ln -s /proc/self/fd "$R/dev/fd"
mount -o remount,ro "$R/dev"
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a container is started from, again after each end."""

    manifest: Object
    image: Image
    holder: Holder
    environment: Mapping[str, str]
    mounts: Sequence[Mount]
    identity: Sequence[str]
    """Options of setpriv(1)."""
    folder: Path
    """Its log, and an empty folder `root`."""
    grace: float
    """Seconds of the pod's."""

    @property
    def words(self) -> list[str]:
        """The command and its arguments, as manifest and image have them."""
        command = self.manifest.get("command") or self.image.entrypoint
        default = () if self.manifest.get("command") else self.image.command
        arguments = self.manifest.get("args") or default
        return [expand(word, self.environment) for word in (*command, *arguments)]


class Container:
    """Started when made; a signal goes to the first process in it, as a runtime sends it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        started = plan.folder / "started"
        started.unlink(missing_ok=True)
        with (plan.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *plan.holder.entering("--pid", "--net", "--uts", "--ipc", "--mount"),
                    *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--"),
                    *(*_PREPARING, _script(plan, started), "sh", *plan.words),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**plan.image.environment, **plan.environment},
                start_new_session=True,
            )
        try:
            wait_until(
                lambda: started.exists() or self._process.poll() is not None,
                START_SECONDS,
                "a start",
            )
            self._first = self._find_first()
            wait_until(self._is_begun, START_SECONDS, "its own program")
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise

    def _find_first(self) -> psutil.Process | None:
        """Look behind nsenter and unshare; None for a process that has ended already."""
        try:
            [unshare] = psutil.Process(self._process.pid).children()
            [first] = unshare.children()
        except (psutil.NoSuchProcess, ValueError):
            return None
        return first

    def _is_begun(self) -> bool:
        """Whether its command runs: a runtime sends no signal to what comes before it."""
        try:
            words = [] if self._first is None else self._first.cmdline()
        except psutil.NoSuchProcess:
            return True
        return words[:2] != _PREPARING and words[:1] not in (["chroot"], ["setpriv"])

    @property
    def pid(self) -> int:
        """The first process's id, as this machine counts."""
        assert self._first is not None
        return self._first.pid

    @property
    def status(self) -> int | None:
        """What it ended with: an exit status, or a signal's number below zero; None if it runs."""
        return self._process.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it; nothing if it has ended."""
        if self._process.poll() is None and self._first is not None and self._first.is_running():
            os.kill(self._first.pid, number)

    def freeze(self) -> None:
        """Stop it and all that it has started, as if they were stuck."""
        first = psutil.Process(self.pid)
        for each in (first, *first.children(recursive=True)):
            os.kill(each.pid, signal.SIGSTOP)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has ended, for so many seconds at most; whether it has."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    def run(self, command: Sequence[str], timeout: float) -> int:
        """Run a command in it, as a probe or a hook does; its exit status, 124 out of time."""
        enter = ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--net", "--uts", "--ipc"]
        try:
            done = subprocess.run(
                [*enter, "--root", "--wdns=/", "setpriv", *self._plan.identity, "--", *command],
                env={**self._plan.image.environment, **self._plan.environment},
                stdin=subprocess.DEVNULL,
                check=False,
                capture_output=True,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired:
            return 124
        return done.returncode


def identity(pod: Object, container: Object, image: Image) -> list[str]:
    """Return as whom it runs, and with which rights; raises `ManifestError` for a refusal."""
    whole = pod.get("securityContext") or {}
    context = {**whole, **(container.get("securityContext") or {})}
    user = context.get("runAsUser", image.user)
    if context.get("runAsNonRoot") and user == 0:
        raise ManifestError("runAsNonRoot, and the user is root")
    options = [f"--reuid={user}", f"--regid={context.get('runAsGroup', 0)}"]
    groups = [
        str(group)
        for group in (whole.get("fsGroup"), *whole.get("supplementalGroups", ()))
        if group
    ]
    options.append(f"--groups={','.join(groups)}" if groups else "--clear-groups")
    if not context.get("allowPrivilegeEscalation", True):
        options.append("--no-new-privs")
    if "ALL" in (context.get("capabilities") or {}).get("drop", ()):
        options += ["--bounding-set=-all", "--inh-caps=-all"]
    return options


def refuse_unknown(container: Object) -> None:
    """Raise `ManifestError` for a field that this would pass over in silence."""
    if unknown := set(container) - HEEDED - WITHOUT_MEANING_HERE:
        raise ManifestError(f"not heeded in a container: {sorted(unknown)}")


def _script(plan: Plan, started: Path) -> str:
    context = plan.manifest.get("securityContext") or {}
    lines = [plan.image.script(str(plan.folder / "root")), _DEVICES]
    for name in ("hosts", "hostname", "resolv.conf"):
        there = f'"$R/etc/{name}"'
        source = shlex.quote(str(plan.folder.parent / name))
        lines.append(f": >>{there}; mount --bind {source} {there}")
    for mount in plan.mounts:
        there = f'"$R"{shlex.quote(mount.target)}'
        lines += [f"mkdir -p {there}", f"mount --bind {shlex.quote(str(mount.source))} {there}"]
        if mount.read_only:
            lines.append(f"mount -o remount,bind,ro {there}")
    lines.append(plan.image.again(mount.target for mount in plan.mounts))
    if context.get("readOnlyRootFilesystem"):
        lines.append('mount -o remount,bind,ro "$R"')
    who = shlex.join(plan.identity)
    lines += [f": >{shlex.quote(str(started))}", f'exec chroot "$R" setpriv {who} -- "$@"']
    return "\n".join(lines)
