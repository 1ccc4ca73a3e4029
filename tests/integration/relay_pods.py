"""Forty pods with twenty threads each, all wanting connections to one relay: run as a module.

Arguments: the relay's URL, how many connections it may have, Redis' URL. Each
pod is a process with one pool, as a worker has one; the status is 0 if no thread
of no pod failed.
"""

import os
import sys
import threading
from dataclasses import replace

from pillarbox.domain.relay import Relay, parse_relay_url
from pillarbox.queue.budget import RedisBudgets
from workers.access import NoPlaceError
from workers.budget import Alone, SharedConnections
from workers.pools import make_pool
from workers.smtp.commands import NOOP
from workers.smtp.pool import Pool

PODS = 40
THREADS = 20
VISITS = 3
"""Of each thread; a connection is worn out by one, so that places change hands."""


def pod(relay: Relay, redis_url: str) -> int:
    """Run one pod to its end; how many of its threads failed."""
    budgets = RedisBudgets(redis_url)
    shared = SharedConnections(relay, budgets, Alone(relay.name, lambda: PODS))
    pool = make_pool(relay, None, shared.opening)
    failed: list[Exception] = []
    threads = [threading.Thread(target=_visit, args=(pool, failed)) for _ in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    pool.close_all()
    shared.close()
    budgets.close()
    return len(failed)


def _visit(pool: Pool, failed: list[Exception]) -> None:
    for _ in range(VISITS):
        try:
            lease = pool.checkout()
        except NoPlaceError:
            continue
        except Exception as error:  # noqa: BLE001 -- counted, whatever it is
            failed.append(error)
            continue
        if lease is not None:
            with lease:
                assert lease.connection is not None
                lease.connection.call(NOOP)
                lease.connection.transactions += 1


def main(url: str, most: str, redis_url: str) -> int:
    """Start the pods, and wait for them."""
    relay = replace(parse_relay_url(url), max_connections=int(most), max_messages_per_connection=1)
    pids = []
    for _ in range(PODS):
        pid = os.fork()
        if pid == 0:
            os._exit(min(pod(relay, redis_url), 100))
        pids.append(pid)
    return max(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
