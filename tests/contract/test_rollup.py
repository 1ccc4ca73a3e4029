"""The message's status, in SQL, is what the domain's table says."""

from itertools import combinations

from sqlalchemy import insert, select

from pillarbox.domain.status import RecipientStatus, Standing, message_status
from pillarbox.store.rollup import ROLL_UP
from pillarbox.store.tables import messages, recipients
from tests.contract.mail import KEY, message
from tests.contract.stores import Stores

STANDINGS = [
    Standing(status, scheduled)
    for status in RecipientStatus
    if status is not RecipientStatus.SENDING
    for scheduled in (False, True)
]

LARGEST = 4
"""Of a set: a rule is met or broken by one recipient, so that each pair of rules has its set."""


def test_the_rollup_is_the_domains_for_every_combination(stores: Stores) -> None:
    """Rules ask for any or for all: what is right for each set of standings is right for all."""
    one = message()
    stores.accept(one)
    sets = [each for size in range(1, LARGEST + 1) for each in combinations(STANDINGS, size)]
    ids = [f"msg_{number:026}" for number in range(len(sets))]
    with stores.database.writing() as connection:
        row = connection.execute(select(messages)).mappings().one()
        connection.execute(insert(messages), [{**row, "id": each} for each in ids])
        connection.execute(
            insert(recipients),
            [
                {
                    "message_id": each,
                    "position": position,
                    "part": 0,
                    "key_id": KEY,
                    "kind": "to",
                    "email": "ada@example.com",
                    "address": "ada@example.com",
                    "status": standing.status.value,
                    "attempts": 0,
                    "uncertain_attempts": 0,
                    "next_attempt_at": one.expires_at if standing.scheduled else None,
                }
                for each, standings in zip(ids, sets, strict=True)
                for position, standing in enumerate(standings)
            ],
        )
        connection.execute(ROLL_UP, {"ids": ids})
        stored = {row.id: row.status for row in connection.execute(select(messages))}

    expected = {each: message_status(of).value for each, of in zip(ids, sets, strict=True)}
    assert expected | {one.id: "queued"} == stored
