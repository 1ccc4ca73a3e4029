from collections.abc import Iterator

from pillarbox.doctor import database
from pillarbox.doctor.check import CheckEndedError
from pillarbox.doctor.finding import Finding, fault, warning, well
from pillarbox.doctor.subject import Subject
from pillarbox.store.migration import Standing, standing


def look(subject: Subject) -> Iterator[Finding]:
    """See that the tables are those that this code works on."""
    with database.opened(subject) as store, store.reading() as connection:
        found = standing(connection)
    yield judged(found)


def judged(found: Standing) -> Finding:
    """Judge where the tables are; raises `CheckEndedError` if nothing can be asked of them."""
    if not found.is_known:
        advice = "Is this another program's database? Else restore it: docs/operations/backup.md"
        raise CheckEndedError(
            fault(f"it is at {found.at!r}, which is no migration of ours", advice)
        )
    if found.is_newer:
        advice = "Upgrade this code soon: it is the older of the two"
        return warning(f"it is at {found.at}, newer than this code's {found.newest}", advice)
    if found.pending:
        at = f"it is at {found.at}" if found.at else "none has run"
        seen = f"{at}; to come: {', '.join(found.pending)}"
        raise CheckEndedError(fault(seen, "Run `pillarbox migrate`"))
    return well(f"all have run, up to {found.at}")
