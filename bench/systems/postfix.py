"""Postfix as a store-and-forward relay: `smtp-source` into it, and it relays to the sink."""

import re
import resource
import subprocess
import time
from pathlib import Path

import psutil

from bench import mail
from bench.errors import LoadError
from bench.load import LONGEST_SECONDS, Load
from bench.processes import Roles
from bench.systems.started import LAST_LINES
from bench.systems.system import Work
from tests.ports import LOOPBACK, free_port
from tests.servers.postfix_config import SERVICES, common, render
from tests.servers.postfix_instance import PostfixInstance
from tests.servers.presence import require

QUEUES = ("maildrop", "incoming", "active", "deferred")
"""Where a mail is that Postfix has answered for and not yet got rid of."""
_SENT = re.compile(r" delay=([\d.]+), .* status=sent ")


class Postfix(PostfixInstance):
    """A Postfix with the defaults of its release, but for whom it trusts and where it relays to.

    Its queue is on disk, each mail synced before it is answered, as Postfix always does.
    """

    def __init__(self, relay_port: int) -> None:
        self._source = require("smtp-source (Postfix)", "smtp-source")
        self._relay_port = relay_port
        self._port = free_port()
        super().__init__((self._port,))

    def write(self) -> None:
        """Write a configuration that relays everything of this machine to the sink."""
        settings = {
            "mynetworks": "127.0.0.0/8",
            "smtpd_relay_restrictions": "permit_mynetworks,reject",
            "relayhost": f"[{LOOPBACK}]:{self._relay_port}",
        }
        (self.etc / "main.cf").write_text(render(common(self.root), settings))
        listener = f"{LOOPBACK}:{self._port} inet n - n - - smtpd\n"
        (self.etc / "master.cf").write_text(listener + SERVICES)

    def accept(self, work: Work) -> Load:
        """Hand it mails over as many SMTP sessions as others get HTTP connections."""
        content = self.root / "content"
        write_content(content)
        before = _children_cpu()
        started_at = time.monotonic()
        try:
            subprocess.run(
                [
                    self._source,
                    *("-N", "-d", "-c"),  # a number in each recipient, kept sessions, a counter
                    *("-s", str(min(work.connections, work.count)), "-m", str(work.count)),
                    *("-f", "billing@acme.test", "-t", "customer@example.com"),
                    *("-F", content, f"{LOOPBACK}:{self._port}"),
                ],
                check=True,
                capture_output=True,
                timeout=LONGEST_SECONDS,
            )
        except subprocess.SubprocessError as error:
            raise LoadError(str(error)) from error
        return Load(
            started_at=started_at,
            ended_at=time.monotonic(),
            accepted=work.count,
            refusals={},
            seconds=[],
            begun=[],
            cpu_seconds=_children_cpu() - before,
            peak_octets=0,
        )

    def milliseconds_to_250(self, work: Work, load: Load) -> list[float]:
        """Return what Postfix has logged as each mail's `delay`, since its MAIL."""
        del load
        delays = [float(delay) * 1000 for delay in _SENT.findall(self.log())]
        return delays[-work.count :]

    def roles(self) -> Roles:
        """Return its processes: all are children of one."""
        master = self.master()
        if master is None:
            raise psutil.NoSuchProcess(0, "master")
        return {"postfix": [master]}

    def is_at_work(self) -> bool:
        """Whether its queue holds a mail."""
        return any(
            path.is_file() for queue in QUEUES for path in (self.root / "spool" / queue).rglob("*")
        )

    def counts(self) -> dict[str, int]:
        """Return how many outcomes it has logged."""
        return {"sent": len(_SENT.findall(self.log()))}

    def last_words(self) -> str:
        """Return the end of its log."""
        return "\n".join(self.log().splitlines()[-LAST_LINES:])


def write_content(path: Path) -> None:
    """Write the bench's mail as lines for `smtp-source -F`, built by the standard library."""
    path.write_bytes(mail.built().as_bytes())


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
