"""The node: a network in which each pod, each Service and whatever is outside has its address."""

import itertools
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.namespaces import Holder, network_of
from tests.ports import LOOPBACK
from tests.servers.installation import clean_environment

NETWORK = "10.77"
"""A /16 that nobody else sees: it is in a namespace."""
ADDRESS = f"{NETWORK}.0.1"
PODS, SERVICES, OUTSIDE = 1, 200, 250
"""The third octet."""
BRIDGE = "0a:00:0a:4d:00:01"
"""Its hardware address: one of its own choice would change as pods come and go, and theirs are
told only after half a minute."""
BACKLOG = 256

_BRIDGE = f"""
ip link set lo up
ip link add pods address {BRIDGE} type bridge
ip address add {ADDRESS}/16 dev pods
ip link set pods up
"""


class Node:
    """Made with a bridge and nothing on it; `close()` ends it and whatever listens there."""

    def __init__(self) -> None:
        self._holder = Holder("--net", script=_BRIDGE)
        self._numbers = {kind: itertools.count(2) for kind in (PODS, SERVICES, OUTSIDE)}
        self._forwarders: list[subprocess.Popen[bytes]] = []

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Have this thread's new connections begin at the node."""
        with network_of(self._holder.pid):
            yield

    def connect(self, holder: Holder) -> str:
        """Plug a pod's network into the bridge; the pod's address."""
        number = next(self._numbers[PODS])
        address = f"{NETWORK}.{PODS}.{number}"
        self._ip(
            f"link add pod{number} type veth peer name eth0 netns {holder.pid}\n"
            f"link set pod{number} master pods up\n"
        )
        inside = f"link set lo up\naddress add {address}/16 dev eth0\nlink set eth0 up\n"
        _run([*holder.entering("--net"), "ip", "-batch", "-"], inside)
        return address

    def listen(self, port: int, kind: int = SERVICES) -> socket.socket:
        """Listen on an address of its own, that pods reach; not blocking."""
        address = f"{NETWORK}.{kind}.{next(self._numbers[kind])}"
        self._ip(f"address add {address}/32 dev pods\n")
        with self.entered():
            listener = socket.create_server((address, port), backlog=BACKLOG)
        listener.setblocking(False)
        return listener

    def forward(self, port: int) -> str:
        """Let pods reach a server of this machine's loopback; the address, the port is the same."""
        with self.listen(port, OUTSIDE) as listener:
            descriptor = listener.fileno()
            command = [sys.executable, "-m", "tests.cluster.forwarder", str(descriptor), LOOPBACK]
            self._forwarders.append(
                subprocess.Popen(
                    [*command, str(port)],
                    pass_fds=[descriptor],
                    stdin=subprocess.PIPE,
                    start_new_session=True,
                    env=clean_environment(),
                )
            )
            return str(listener.getsockname()[0])

    def close(self) -> None:
        """End it; pods have to be gone."""
        for forwarder in self._forwarders:
            assert forwarder.stdin is not None
            forwarder.stdin.close()
        for forwarder in self._forwarders:
            forwarder.wait()
        self._holder.close()

    def _ip(self, commands: str) -> None:
        _run([*self._holder.entering("--net"), "ip", "-batch", "-"], commands)


def _run(command: list[str], said: str) -> None:
    done = subprocess.run(command, input=said, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{said}: {done.stderr}")
