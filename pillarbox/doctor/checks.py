"""Every check there is, in the order in which a person reads them."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeAlias

from pillarbox.doctor import (
    addresses,
    backlog,
    broker,
    clocks,
    configuration,
    database,
    folders,
    keys,
    limits,
    migrations,
    processes,
    relays,
)
from pillarbox.doctor.check import Check
from pillarbox.doctor.finding import Finding
from pillarbox.doctor.subject import Subject

Look: TypeAlias = Callable[[Subject], Iterator[Finding]]

QUICK: Final = 5.0
"""For what asks nobody but this machine."""
USUAL: Final = 10.0
"""For a server: twice what a connection to it may take."""

_DATABASE: Final = "It is frozen, or locked: look at its host, its disk, and what it is doing"
_BROKER: Final = "It is frozen: look at its host, and at SLOWLOG"
_HERE: Final = "A disk or file system hangs: look at this host"
_RESOLVER: Final = "The resolver hangs: look at /etc/resolv.conf and the name servers in it"
_SESSION: Final = "Try `pillarbox relay check`"


def checks(subject: Subject) -> list[Check]:
    """Return the checks of an installation; nothing is looked at yet."""

    def check(
        name: str, look: Look, seconds: float, in_time: str, needs: tuple[str, ...] = ()
    ) -> Check:
        return Check(name, partial(look, subject), seconds, in_time, needs)

    stored = ("database", "migrations")
    return [
        check("settings", configuration.look, QUICK, _HERE),
        check("folders", folders.look, QUICK, _HERE),
        check("limits", limits.look, QUICK, _HERE),
        *(
            Check("dns", partial(addresses.look, host, of), USUAL, _RESOLVER, about=host)
            for host, of in addresses.hosts(subject).items()
        ),
        check("database", database.look, USUAL, _DATABASE),
        check("migrations", migrations.look, USUAL, _DATABASE, ("database",)),
        check("broker", broker.look, USUAL, _BROKER),
        check("database-clock", clocks.look_at_database, USUAL, _DATABASE, ("database",)),
        check("broker-clock", clocks.look_at_broker, USUAL, _BROKER, ("broker",)),
        check("keys", keys.look, USUAL, _DATABASE, stored),
        check("relays", relays.look, relays.PROCESS_SECONDS + QUICK, _SESSION),
        check("workers", processes.look_at_workers, USUAL, _BROKER, ("broker",)),
        check("scheduler", processes.look_at_scheduler, USUAL, _BROKER, ("broker",)),
        check("backlog", backlog.look, USUAL, _DATABASE, stored),
    ]


NAMES: Final = (
    *("settings", "folders", "limits", "dns", "database", "migrations", "broker"),
    *("database-clock", "broker-clock", "keys", "relays", "workers", "scheduler", "backlog"),
)
"""What a check is called; `dns` is there only if a name is looked up."""
