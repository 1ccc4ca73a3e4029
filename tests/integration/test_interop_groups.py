"""PIPELINING and CHUNKING with four real servers: used where they are offered, and only there."""

from tests.integration.interop import (
    Offer,
    Relay,
    Wire,
    arrived,
    codes,
    connected,
    lend,
    pool_of,
    send,
    to,
)
from workers.smtp.transaction import TransactionResult

COUNT = 5


def test_whole_messages_follow_one_another_where_chunking_is_offered(
    relay: Relay, offer: Offer
) -> None:
    """RFC 3030 with RFC 2920: once BDAT is proven, a group is one turn; else never a BDAT."""
    with pool_of(relay) as pool, lend(pool) as lease:
        send(lease, to("first@groups.test"))
        wire = Wire(connected(lease))
        results = send(lease, *[to(f"whole{n}@groups.test") for n in range(COUNT)])
        turns = wire.verbs()

    assert [250] * COUNT == codes(results)
    arrived(relay, "groups.test", COUNT + 1)
    if "CHUNKING" in offer:
        assert [["MAIL", "RCPT", "BDAT", *["RSET", "MAIL", "RCPT", "BDAT"] * (COUNT - 1)]] == turns
        assert {("MAIL", "RCPT", "END-OF-DATA")} == {_asked(result) for result in results}
    else:
        assert not any("BDAT" in turn for turn in turns)
        assert {("MAIL", "RCPT", "DATA", "END-OF-DATA")} == {_asked(result) for result in results}


def test_by_data_a_message_costs_one_turn_where_pipelining_is_offered(
    relay: Relay, offer: Offer
) -> None:
    """RFC 2920 3.1; where it is not, not one command before the reply to the last."""
    with pool_of(relay) as pool, lend(pool, chunks=False) as lease:
        wire = Wire(connected(lease))
        results = send(lease, *[to(f"{n}@turns.test", f"b{n}@turns.test") for n in range(COUNT)])
        turns, last = wire.verbs(), wire.turns[-1]

    envelope = ["MAIL", "RCPT", "RCPT", "DATA"]
    assert [250] * 2 * COUNT == codes(results)
    arrived(relay, "turns.test", 2 * COUNT)
    if "PIPELINING" in offer:
        assert [*[envelope] * COUNT, []] == turns
    else:
        one_by_one = [[verb] for verb in envelope]
        assert [*one_by_one, []] * COUNT == turns
    assert last.endswith(b"hello\r\n.\r\n")


def test_many_messages_on_one_connection_cost_one_connection(relay: Relay) -> None:
    """More than go together in one group; each arrives once, and none waits for a timeout."""
    count = 99
    with pool_of(relay) as pool, lend(pool) as lease:
        results = send(lease, *[to(f"m{n}@many.test") for n in range(count)])

    assert [250] * count == codes(results)
    assert (1, 0) == (pool.stats.opened, pool.stats.stale)
    mails = arrived(relay, "many.test", count)
    assert all(mails[f"m{n}"].message["Subject"] == f"m{n}" for n in range(count))


def test_replies_belong_to_their_messages_whatever_is_refused_between(
    relay: Relay, offer: Offer
) -> None:
    """Refused wholly, in part and not at all, in one group: no message gets another's verdict."""
    kinds = (
        ("taken", [250]),
        ("unknown", [offer.unknown]),
        ("mixed", [offer.unknown, 250, offer.greylisted, 250]),
        ("greylisted", [offer.greylisted]),
        ("both", [offer.unknown, offer.greylisted]),
    )
    rounds = 4
    for chunks in (True, False):
        domain = f"chunks-{chunks}.verdicts.test".lower()
        wanted, transactions = [], []
        for n in range(rounds):
            for kind, expected in kinds:
                names = {
                    "taken": [f"t{n}"],
                    "unknown": ["unknown"],
                    "mixed": ["unknown", f"m{n}", "greylisted", f"n{n}"],
                    "greylisted": ["greylisted"],
                    "both": ["unknown", "greylisted"],
                }[kind]
                wanted += expected
                transactions.append(to(*[f"{name}@{domain}" for name in names]))

        with pool_of(relay) as pool, lend(pool, chunks=chunks) as lease:
            results = send(lease, *transactions)

        assert wanted == codes(results)
        mails = arrived(relay, domain, 3 * rounds)
        assert {f"{kind}{n}" for kind in "tmn" for n in range(rounds)} == set(mails)


def _asked(result: TransactionResult) -> tuple[str, ...]:
    """List the commands of a result's steps; RSET stands between the messages of a group."""
    return tuple(str(step.verb) for step in result.steps if step.verb != "RSET")
