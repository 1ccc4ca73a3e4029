"""What processes have used: CPU seconds and the peak of their memory, by role."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.errors import ProcessChangedError
from tests.servers.process import is_alive

Roles = Mapping[str, list[psutil.Process]]
"""The processes of each role; what they have started belongs to it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a role has used: CPU seconds, and the sum of its processes' highest resident sets.

    A database's shared memory is counted once; the pages of programs and
    libraries that processes share are counted for each of them.
    """

    cpu_seconds: float
    peak_octets: int

    def since(self, before: "Usage") -> "Usage":
        """Return the CPU seconds since then; the peak stays what it is."""
        return Usage(self.cpu_seconds - before.cpu_seconds, self.peak_octets)


@dataclass(frozen=True, slots=True)
class MachineSeconds:
    """CPU seconds of the whole machine: those that were worked (or stolen), and all there were."""

    worked: float
    there: float

    def since(self, before: "MachineSeconds") -> "MachineSeconds":
        """Return the seconds since then."""
        return MachineSeconds(self.worked - before.worked, self.there - before.there)

    def share_beyond(self, ours: float) -> float:
        """Return the share of all seconds that was worked and was not ours."""
        return max(0.0, self.worked - ours) / self.there if self.there else 0.0


def machine_seconds() -> MachineSeconds:
    """Tell what the machine has worked until now (proc(5), /proc/stat)."""
    times = psutil.cpu_times()
    there = times.user + times.nice + times.system + times.idle + times.iowait
    there += times.irq + times.softirq + times.steal
    return MachineSeconds(there - times.idle - times.iowait, there)


def usage(roles: Roles) -> dict[str, Usage]:
    """Tell what each role has used until now; raises `ProcessChangedError`."""
    roots = frozenset(process.pid for processes in roles.values() for process in processes)
    return {role: _used(role, processes, roots) for role, processes in roles.items()}


def children_by_word(
    parent: psutil.Process, words: Mapping[str, str], *, other: str
) -> dict[str, list[psutil.Process]]:
    """Sort a process's children into roles by a word of their command line."""
    roles: dict[str, list[psutil.Process]] = {}
    for child in parent.children():
        line = child.cmdline()
        role = next((role for word, role in words.items() if word in line), other)
        roles.setdefault(role, []).append(child)
    return roles


def peak_octets(pid: int) -> tuple[int, int]:
    """Read the highest resident set of a process, in octets: what is its own, what it shares.

    From proc(5), VmHWM and RssShmem. Not `ru_maxrss`: that begins with what
    the parent had when it started the process.
    """
    found = {"VmHWM": 0, "RssShmem": 0}
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name in found:
            found[name] = int(value.split()[0]) * 1024
    return found["VmHWM"] - found["RssShmem"], found["RssShmem"]


def _used(role: str, processes: list[psutil.Process], roots: frozenset[int]) -> Usage:
    cpu, own, shared = 0.0, 0, 0
    for root in processes:
        if not is_alive(root):
            raise ProcessChangedError(f"{role}: process {root.pid} has ended")
        for process in _family(root, roots):
            try:
                times = process.cpu_times()
                its_own, its_shared = peak_octets(process.pid)
            except (psutil.NoSuchProcess, OSError):
                continue  # its parent has waited for it, and has its time
            cpu += times.user + times.system + times.children_user + times.children_system
            own, shared = own + its_own, max(shared, its_shared)
    return Usage(cpu, own + shared)


def _family(root: psutil.Process, roots: frozenset[int]) -> Iterator[psutil.Process]:
    """Walk a process and what it has started, without what is a role's root itself."""
    yield root
    with suppress(psutil.NoSuchProcess):
        for child in root.children():
            if child.pid not in roots:
                yield from _family(child, roots)
