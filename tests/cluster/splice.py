"""Two connections made one: what comes from either goes to the other, and so does how it ends."""

import asyncio
import socket
import struct
from contextlib import suppress

CONNECT_SECONDS = 5.0
PIECE = 1 << 16

_NO_LINGER = struct.pack("ii", 1, 0)


async def splice(client: socket.socket, target: tuple[str, int]) -> None:
    """Carry a client's connection to a server until both have ended.

    Without one the client is reset, as near as can be to being refused: it is
    connected already.
    """
    loop = asyncio.get_running_loop()
    with client, socket.socket() as server:
        try:
            for each in (client, server):
                each.setblocking(False)
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.wait_for(loop.sock_connect(server, target), CONNECT_SECONDS)
        except (OSError, TimeoutError):
            reset(client)
            return
        try:
            async with asyncio.TaskGroup() as both:  # neither may outlive the descriptors
                both.create_task(_carry(client, server))
                both.create_task(_carry(server, client))
        except* OSError:
            reset(client)
            reset(server)


def reset(connection: socket.socket) -> None:
    """Have the peer see a reset when this is closed, and not an ordinary end."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)


async def _carry(source: socket.socket, target: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while piece := await loop.sock_recv(source, PIECE):
        await loop.sock_sendall(target, piece)
    with suppress(OSError):  # the target has ended first
        target.shutdown(socket.SHUT_WR)
