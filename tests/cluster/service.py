"""Services: an address each, and new connections to it go to pods that are ready.

1. Who is ready is heard late, by `lag` seconds: controllers, and proxies on every
   node, take their time to hear of a pod that comes or goes.
2. A connection stays with its pod for as long as both want.
3. kube-proxy rewrites packets and this copies octets: who comes to a pod that does
   not listen is reset, and not refused.
"""

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future

from tests.cluster.configuration import Object
from tests.cluster.node import Node
from tests.cluster.pod import Pod
from tests.cluster.splice import reset, splice

Target = tuple[str, int]


class Service:
    """One port of one Service; `pods` are those of the namespace, the ended ones too."""

    def __init__(
        self, manifest: Object, node: Node, pods: Callable[[], Iterable[Pod]], lag: float
    ) -> None:
        self.name: str = manifest["metadata"]["name"]
        [port] = manifest["spec"]["ports"]
        self.port: int = port["port"]
        self.listener = node.listen(self.port)
        self.address: str = self.listener.getsockname()[0]
        self._selector: Object = manifest["spec"]["selector"]
        self._target: str | int = port.get("targetPort", self.port)
        self._pods = pods
        self._lag = lag
        self._turns = itertools.count()

    def choose(self) -> Target | None:
        """Return whose turn it is among those who were ready when it was last heard."""
        heard = time.monotonic() - self._lag
        ready = [
            pod
            for pod in self._pods()
            if self._selector.items() <= pod.labels.items() and pod.was_ready(heard)
        ]
        if not ready:
            return None
        pod = ready[next(self._turns) % len(ready)]
        port = self._target
        return pod.address, port if isinstance(port, int) else pod.ports[port]


class Proxy:
    """What carries the connections of every Service of a node, in a thread."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._loop = asyncio.new_event_loop()
        self._serving: list[Future[None]] = []
        self._listeners: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, name="proxy")
        self._thread.start()

    def serve(self, service: Service) -> None:
        """Carry a Service's connections from now on."""
        self._listeners.append(service.listener)
        self._serving.append(asyncio.run_coroutine_threadsafe(_serve(service), self._loop))

    def close(self) -> None:
        """Drop every connection, and listen no more."""
        for each in self._serving:
            each.cancel()
        asyncio.run_coroutine_threadsafe(_drop_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for listener in self._listeners:
            listener.close()

    def _run(self) -> None:
        with self._node.entered():
            self._loop.run_forever()


async def _serve(service: Service) -> None:
    loop = asyncio.get_running_loop()
    carried: set[asyncio.Task[None]] = set()
    while True:
        client, _ = await loop.sock_accept(service.listener)
        task = loop.create_task(_carry(client, service))
        carried.add(task)
        task.add_done_callback(carried.discard)


async def _carry(client: socket.socket, service: Service) -> None:
    target = service.choose()
    if target is None:
        reset(client)
        client.close()
    else:
        await splice(client, target)


async def _drop_all() -> None:
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in others:
            task.cancel()
        await asyncio.wait(others, timeout=1)  # one that has just connected may not hear it
