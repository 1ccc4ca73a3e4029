"""An SMTP server on 127.0.0.1 that does what a script says, and keeps every byte it was sent.

Each connection takes the next `Script`; the last one repeats, until `play` gives
another. What a script does not name is answered as a well-behaved server would.
"""

import contextlib
import socket
import ssl
import threading
from email import message_from_bytes
from types import TracebackType
from typing import Self

from tests.ports import LOOPBACK
from tests.smtp_script import PATIENCE, Act, OverError, Script, Silence


class Served:
    """One connection: `raw` is all that the client sent, `messages` the contents as they came."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.raw = bytearray()
        self.lines: list[bytes] = []
        self.writes: list[bytes] = []
        self.messages: list[bytes] = []
        self.encrypted = False
        self.ended = threading.Event()

    @property
    def verbs(self) -> list[str]:
        """The commands, in order; the end of data as DOT."""
        return [line.split(b" ")[0].split(b"\r")[0].decode().upper() for line in self.lines]


class Conversation:
    """The server's side of one connection."""

    def __init__(self, connection: socket.socket, served: Served) -> None:
        self.socket = connection
        self.unread = b""
        self.ended = served.ended
        self._served = served
        self._script = served.script
        self._turns: dict[str, int] = {}
        self._expects_response = False
        self._chunks = b""
        self._unsaid = b""

    def run(self) -> None:
        """Talk until it ends."""
        try:
            if self._script.implicit:
                self.begin_tls()
            self._play("GREETING")
            while True:
                self._serve(self._line())
        except (OverError, OSError):
            pass
        finally:
            with contextlib.suppress(OSError):
                self.socket.close()
            self.ended.set()

    def say(self, data: bytes) -> None:
        """Send bytes, or keep them until what has come is answered."""
        self._unsaid += data
        if self._unsaid and not (self._script.together and self.unread):
            self.socket.sendall(self._unsaid)
            self._unsaid = b""

    def read_more(self) -> None:
        """Read what comes into `unread`; `OverError` at the end."""
        self.socket.sendall(self._unsaid)
        self._unsaid = b""
        data = self.socket.recv(65_536)
        if not data:
            raise OverError
        self._served.raw += data
        self._served.writes.append(data)
        self.unread += data

    def begin_tls(self, early: bytes = b"") -> None:
        """Shake hands; `early` is said with its last flight."""
        assert self._script.tls is not None
        self.unread = b""
        if early:
            self._shake_hands_and_say(early)
            return
        self.socket = self._script.tls.wrap_socket(self.socket, server_side=True)
        self._served.encrypted = True

    def _shake_hands_and_say(self, early: bytes) -> None:
        """Do TLS by hand, so that what is said travels with the handshake's end."""
        assert self._script.tls is not None
        arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        secured = self._script.tls.wrap_bio(arrived, leaving, server_side=True)
        while True:
            try:
                secured.do_handshake()
            except ssl.SSLWantReadError:
                self.say(leaving.read())
                arrived.write(self.socket.recv(65_536))
            else:
                secured.write(early)
                self.say(leaving.read())
                return

    def _serve(self, line: bytes) -> None:
        self._served.lines.append(line.rstrip(b"\r\n"))
        verb = line.split(b" ")[0].strip().decode("ascii", "replace").upper()
        if verb == "BDAT" and not self._script.acts.get("BDAT_UNREAD"):
            verb = self._take_chunk(line)
        act = self._play("AUTH" if self._expects_response else verb)
        if verb == "QUIT" and not isinstance(act, Silence):
            raise OverError

    def _play(self, verb: str) -> Act:
        turn = self._turns.get(verb, 0)
        self._turns[verb] = turn + 1
        act = self._script.act(verb, turn, encrypted=self._served.encrypted)
        if not isinstance(act, bytes):
            act.perform(self)
            return act
        self.say(act)
        self._expects_response = verb == "AUTH" and act.startswith(b"334")
        if verb == "DATA" and act.startswith(b"354"):
            self._take_content()
        return act

    def _take_content(self) -> None:
        while not (self.unread.startswith(b".\r\n") or b"\r\n.\r\n" in self.unread):
            self.read_more()
        content, _, self.unread = (b"\r\n" + self.unread).partition(b"\r\n.\r\n")
        self._served.messages.append((content + b"\r\n")[2:])
        self._served.lines.append(b"DOT")
        self._play("DOT")

    def _take_chunk(self, line: bytes) -> str:
        """Read a chunk; the last one is played as LAST."""
        words = line.split()
        while len(self.unread) < int(words[1]):
            self.read_more()
        self._chunks += self.unread[: int(words[1])]
        self.unread = self.unread[int(words[1]) :]
        if words[2:] != [b"LAST"]:
            return "BDAT"
        self._served.messages.append(self._chunks)
        self._chunks = b""
        return "LAST"

    def _line(self) -> bytes:
        while b"\n" not in self.unread:
            self.read_more()
        line, _, self.unread = self.unread.partition(b"\n")
        return line + b"\n"


class ScriptedServer:
    """Listens when made; use it in a `with`, which ends every connection and its threads."""

    def __init__(
        self, *scripts: Script, host: str = LOOPBACK, port: int = 0, receive_buffer: int = 0
    ) -> None:
        self._scripts = scripts or (Script(),)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, receive_buffer)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((host, port))
        self._listener.listen(64)
        self.host = host
        self.port = int(self._listener.getsockname()[1])
        self.served: list[Served] = []
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Return it as `PILLARBOX_RELAY_URL` wants it, without TLS."""
        return f"smtp://{self.host}:{self.port}"

    @property
    def arrived(self) -> list[str]:
        """The Message-ID of every content that came whole, whatever was answered to it."""
        return [
            str(message_from_bytes(content)["Message-ID"])
            for served in list(self.served)
            for content in list(served.messages)
        ]

    def close(self) -> None:
        """End everything; fails if a conversation does not end."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(PATIENCE)
        for served in self.served:
            served.ended.set()
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads)

    def play(self, script: Script) -> None:
        """Let every connection that is still to come take this script."""
        self._scripts = (script,)

    @property
    def last(self) -> Served:
        """The newest connection."""
        return self.served[-1]

    def _welcome(self, connection: socket.socket) -> None:
        """Note a connection that was accepted, before anything is said on it."""
        self._sockets.append(connection)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            served = Served(self._scripts[min(len(self.served), len(self._scripts) - 1)])
            self.served.append(served)
            self._welcome(connection)
            thread = threading.Thread(target=Conversation(connection, served).run, daemon=True)
            self._threads.append(thread)
            thread.start()
