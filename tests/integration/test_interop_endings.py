"""Sessions that four real servers end, at a limit, in silence or with themselves, cost nothing.

RFC 5321 3.8: a server may close at any time, with 421 or without. Whatever had not been
taken then is offered once more, on a fresh connection.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from tests.integration.interop import (
    Relay,
    arrived,
    codes,
    lend,
    pool_of,
    send,
    to,
    use,
)
from tests.leaks import lasting
from tests.servers.aiosmtpd_server import AioSmtpdServer
from tests.servers.exim import EximServer
from tests.servers.mail_server import MailServer
from tests.servers.opensmtpd import OpenSmtpdServer
from tests.servers.postfix import PostfixServer
from tests.waiting import wait_until
from workers.smtp.errors import UnreachableError
from workers.smtp.pool import Pool

LIMIT = 5
"""Messages of a session, where it is said to the server."""

Limited = Callable[[type[MailServer]], MailServer]


@pytest.fixture(scope="module")
def limited() -> Iterator[Limited]:
    """Lend a server of a kind whose sessions end after `LIMIT` messages."""
    started: dict[type[MailServer], MailServer] = {}
    with ExitStack() as stack:

        def lend_one(kind: type[MailServer]) -> MailServer:
            if kind not in started:
                started[kind] = stack.enter_context(closing(kind(transactions=LIMIT)))
                stack.enter_context(lasting(started[kind]))
            return started[kind]

        yield lend_one


@pytest.mark.parametrize("chunks", [True, False])
@pytest.mark.parametrize(
    ("kind", "stale"), [(EximServer, 1), (OpenSmtpdServer, 3), (AioSmtpdServer, 3)]
)
def test_a_limit_on_the_messages_of_a_session_costs_connections_and_no_message(
    limited: Limited, kind: type[MailServer], stale: int, *, chunks: bool
) -> None:
    """Every message of a group is taken once, whatever was in flight at the limit.

    Exim says of what there is too much (421, and stays); then the number is known.
    """
    server, count = limited(kind), 3 * LIMIT + 2
    domain = f"limit-{chunks}.test".lower()
    with pool_of(server) as pool, lend(pool, chunks=chunks) as lease:
        results = send(lease, *[to(f"m{n}@{domain}") for n in range(count)])
        assert [250] * count == codes(results)

    assert (4, stale) == (pool.stats.opened, pool.stats.stale)
    arrived(server, domain, count)


def test_a_limit_on_wrong_recipients_is_not_the_next_ones_fault(
    postfix_relay: PostfixServer,
) -> None:
    """Postfix says 421 after five: who comes next has a reply of its own, on a fresh connection."""
    pairs = [to(name) for n in range(12) for name in ("unknown@errors.test", f"m{n}@errors.test")]
    with pool_of(postfix_relay, port=postfix_relay.short_port) as pool, lend(pool) as lease:
        results = send(lease, *[to("unknown@errors.test") for _ in range(12)], *pairs)

    assert [550] * 12 + [550, 250] * 12 == codes(results)
    arrived(postfix_relay, "errors.test", 12)


def test_exim_ends_a_session_after_ten_resets_and_every_refusal_is_heard(
    exim_relay: EximServer,
) -> None:
    """RSET must stand behind a refused message; the eleventh is answered by the end."""
    refused = [to("unknown@nonmail.test") for _ in range(25)]
    for chunks in (True, False):
        with pool_of(exim_relay) as pool, lend(pool, chunks=chunks) as lease:
            together = send(lease, *refused)
            one_by_one = [send(lease, each) for each in refused]
            taken = send(lease, to(f"taken-{chunks}@nonmail.test"))

        assert [550] * 25 == codes(together)
        assert [[550]] * 25 == [codes(each) for each in one_by_one]
        assert [250] == codes(taken)
        assert pool.stats.opened <= 7


def test_a_session_that_exim_ends_among_refusals_takes_no_message_with_it(
    exim_relay: EximServer,
) -> None:
    """No more is in flight than it may refuse; what it left unread would be uncertain."""
    good = [to(f"m{n}@among.test") for n in range(8)]
    refused = [to("unknown@among.test") for _ in range(25)]
    for chunks in (True, False):
        exim_relay.forget()
        with pool_of(exim_relay) as pool, lend(pool, chunks=chunks) as lease:
            results = send(lease, good[0], *refused, *good[1:])

        assert [250, *[550] * 25, *[250] * 7] == codes(results)
        arrived(exim_relay, "among.test", 8)


def test_a_connection_is_kept_from_group_to_group(relay: Relay) -> None:
    """Checked out again and again, after refusals too: one connection, one AUTH."""
    with pool_of(relay) as pool:
        for n in range(6):
            assert [250] == use(pool, f"m{n}@kept.test")
            assert use(pool, "unknown@kept.test") != [250]

    assert (1, 11, 0) == (pool.stats.opened, pool.stats.reused, pool.stats.stale)
    arrived(relay, "kept.test", 6)


def test_a_session_that_was_silent_too_long_is_opened_anew(postfix_relay: PostfixServer) -> None:
    """Postfix says `421 4.4.2 timeout exceeded` after its second; the message does not hear it."""
    with pool_of(postfix_relay, port=postfix_relay.short_port) as pool:
        assert [250] == use(pool, "before@silent.test")
        _wait_until_ended(pool)
        assert [250] == use(pool, "after@silent.test")

    assert (2, 1) == (pool.stats.opened, pool.stats.stale)
    arrived(postfix_relay, "silent.test", 2)


def test_a_restart_of_the_server_costs_a_kept_connection_and_no_message(relay: Relay) -> None:
    """Between two checkouts: whatever the server said at its end, or did not."""
    with pool_of(relay) as pool:
        assert [250] == use(pool, "before@restart.test")
        arrived(relay, "restart.test", 1)  # what its end breaks off waits in its queue for long
        relay.stop()
        relay.start()
        assert [250] == use(pool, "after@restart.test")

    assert 2 == pool.stats.opened
    arrived(relay, "restart.test", 2)


@pytest.mark.parametrize("chunks", [True, False])
def test_a_restart_between_two_groups_of_a_lease_costs_no_message(
    relay: Relay, *, chunks: bool
) -> None:
    """The connection is in use, and nobody looked at it: one free try on a fresh one."""
    domain = f"restart-{chunks}.test".lower()
    with pool_of(relay) as pool, lend(pool, chunks=chunks) as lease:
        first = send(lease, to(f"a@{domain}"), to(f"b@{domain}"))
        arrived(relay, domain, 2)
        relay.stop()
        relay.start()
        second = send(lease, to(f"c@{domain}"), to(f"d@{domain}"))

    assert [250] * 4 == codes([*first, *second])
    assert (2, 1) == (pool.stats.opened, pool.stats.stale)
    arrived(relay, domain, 4)


def test_a_server_that_is_away_takes_nothing_and_nothing_is_lost(relay: Relay) -> None:
    """It ends behind a group: the next one is not tried, and is whole when it is back."""
    with pool_of(relay) as pool:
        with lend(pool) as lease:
            assert [250] == codes(send(lease, to("a@away.test")))
            arrived(relay, "away.test", 1)
            relay.stop()
            try:
                with pytest.raises(UnreachableError):
                    send(lease, to("b@away.test"))
            finally:
                relay.start()
        assert [250] == use(pool, "b@away.test")

    arrived(relay, "away.test", 2)


def _wait_until_ended(pool: Pool) -> None:
    """Wait until the server has said or done something on the idle connection."""
    [idle] = pool._idle
    stream = idle.connection.stream
    wait_until(lambda: stream.wait(write=False, timeout=0), 10, "the server ends the session")
