"""A batch's message says what it would say alone, had its caller filled in the defaults."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.domain.errors import InvalidInputError
from service.batches.reading import read_batch
from service.faults import Faults
from service.messages.mapping import read_submission
from service.services import Limits
from tests.fakes.deliveries import NOW

WORD = st.text("abcäö ", min_size=1, max_size=5).filter(str.strip)
ADDRESS = st.sampled_from(["ada@example.com", "Bob <bob@b.test>", "ö@c.test"])
NAME = st.sampled_from(["X-A", "x-a", "X-B", "x-B", "X-C"])
VALUE = st.sampled_from(["1", "2", ["3", "4"]])
FILE = st.fixed_dictionaries({"filename": WORD, "content": st.sampled_from(["AA==", "aGk="])})
WRONG = st.sampled_from([1, "nonsense", [], {}, True])
"""Now and then: what is wrong alone is wrong in a batch."""
MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    "from": ADDRESS | WRONG,
    "to": ADDRESS | st.lists(ADDRESS, min_size=1, max_size=3) | WRONG,
    "cc": ADDRESS,
    "subject": WORD | WRONG,
    "text": WORD,
    "html": WORD,
    "headers": st.dictionaries(NAME, VALUE, max_size=3) | WRONG,
    "metadata": st.dictionaries(WORD, WORD, max_size=3) | WRONG,
    "attachments": st.lists(FILE, max_size=2),
    "tags": st.lists(WORD, max_size=2),
    "priority": st.sampled_from(["high", "low", "urgent"]),
    "send_at": st.sampled_from(["2026-03-01T09:00:00Z", "2026-01-01T00:00:00Z"]),
    "expires_at": st.sampled_from(["2026-02-01T09:00:00Z", "2026-04-01T00:00:00+01:00"]),
    "on_uncertain": st.sampled_from(["hold", "retry"]),
    "subjet": WORD,
}
MESSAGE = st.fixed_dictionaries({}, optional=MEMBERS)


def filled(defaults: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Fill in by the contract's words."""
    whole = {**defaults, **own}
    for member in ("headers", "metadata"):
        mine, theirs = own.get(member), defaults.get(member)
        if isinstance(mine, dict) and isinstance(theirs, dict):
            named = {name.lower() if member == "headers" else name for name in mine}
            left = {
                name: value
                for name, value in theirs.items()
                if (name.lower() if member == "headers" else name) not in named
            }
            whole[member] = {**left, **mine}
    return whole


def alone(document: dict[str, Any]) -> object:
    """Read a message by itself: the submission, or the codes of its faults."""
    try:
        return read_submission(document, Limits(), Faults(), NOW)
    except InvalidInputError as error:
        return sorted(each.code for each in error.faults)


@given(defaults=MESSAGE, messages=st.lists(MESSAGE, min_size=1, max_size=3))
def test_defaults_fill_what_a_message_leaves_out(
    defaults: dict[str, Any], messages: list[dict[str, Any]]
) -> None:
    """Key by key in `headers` and `metadata`, whole elsewhere; faults included."""
    document: Any = {"defaults": defaults, "messages": messages}

    batch = read_batch(document, Limits(), Faults(), NOW)

    found = [
        sorted(fault.code for fault in each.faults) if isinstance(each, InvalidInputError) else each
        for each in batch.submissions
    ]
    assert [alone(filled(defaults, each)) for each in messages] == found


@given(defaults=MESSAGE, own=MESSAGE)
def test_a_pointer_leads_to_what_somebody_wrote_or_left_out(
    defaults: dict[str, Any], own: dict[str, Any]
) -> None:
    """Following it ends at the value at fault, or right before what is missing."""
    document: dict[str, Any] = {"defaults": defaults, "messages": [own]}
    [result] = read_batch(document, Limits(), Faults(), NOW).submissions
    if not isinstance(result, InvalidInputError):
        return
    for fault in result.faults:
        *way, last = fault.where.removeprefix("#/").split("/")
        assert last
        assert way[0] in {"defaults", "messages"}
        here: Any = document
        for step in way:
            here = here[int(step) if isinstance(here, list) else step]
