"""`python -m tests.cluster.forwarder DESCRIPTOR HOST PORT`: carries connections to a server.

It accepts in one network and connects in another, so it is given a socket that
listens already. It ends with its standard input.
"""

import asyncio
import socket
import sys

from tests.cluster.splice import splice


async def forward(listener: socket.socket, target: tuple[str, int]) -> None:
    """Carry what is accepted, until standard input ends."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    accepting = loop.create_task(_accept(listener, target))
    await ended.wait()
    accepting.cancel()


async def _accept(listener: socket.socket, target: tuple[str, int]) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as carried:
        while True:
            client, _ = await loop.sock_accept(listener)
            carried.create_task(splice(client, target))


if __name__ == "__main__":
    listening = socket.socket(fileno=int(sys.argv[1]))
    listening.setblocking(False)
    with listening:
        asyncio.run(forward(listening, (sys.argv[2], int(sys.argv[3]))))
