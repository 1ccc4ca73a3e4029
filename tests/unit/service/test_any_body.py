"""Whatever a caller sends, it is the caller's fault or it is accepted: never ours."""

import json
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.app import create_app
from tests.fakes.services import EVERYDAY, World
from tests.unit.service.caller import Caller
from tests.unit.service.published import CheckedClient, PublishedContract

TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)
ADDRESS = st.sampled_from(["ada@example.com", "Ada <a@b.test>", "ä@ö.test", "x"]) | JSON
MAILBOX = ADDRESS | st.fixed_dictionaries({}, optional={"email": ADDRESS, "name": JSON})
LETTER = st.fixed_dictionaries(
    {"from": MAILBOX, "to": MAILBOX | st.lists(MAILBOX, max_size=3)},
    optional={
        "cc": JSON,
        "reply_to": MAILBOX,
        "subject": JSON,
        "text": TEXT | JSON,
        "html": JSON,
        "headers": st.dictionaries(
            st.sampled_from(["X-A", "Message-ID", "References", "To"]) | TEXT,
            TEXT | JSON,
            max_size=3,
        ),
        "attachments": JSON
        | st.lists(
            st.fixed_dictionaries(
                {"filename": TEXT, "content": st.sampled_from(["AA==", "A"]) | JSON},
                optional={"content_type": TEXT, "content_id": TEXT},
            ),
            max_size=2,
        ),
        "tags": st.lists(TEXT, max_size=3) | JSON,
        "metadata": st.dictionaries(TEXT, TEXT, max_size=3) | JSON,
        "return_path": MAILBOX,
    },
)
FEW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def caller(contract: PublishedContract) -> Caller:
    """Return one caller for all examples: nothing of one is left for the next."""
    world = World()
    app = create_app(world.services())
    client = CheckedClient(app)
    client.contract = contract
    return Caller(client, world.new_key("everyday", *EVERYDAY))


@FEW
@given(document=LETTER | JSON)
def test_no_json_is_a_fault_of_ours(caller: Caller, document: object) -> None:
    response = caller.post(json.dumps(document).encode())

    assert response.status_code in {202, 400, 422}
    assert orjson.loads(response.data)


@FEW
@given(
    defaults=LETTER | JSON,
    messages=st.lists(LETTER | JSON, max_size=3) | JSON,
    atomic=st.booleans() | JSON,
)
def test_no_batch_is_a_fault_of_ours(
    caller: Caller, defaults: object, messages: object, atomic: object
) -> None:
    body = {"defaults": defaults, "messages": messages, "atomic": atomic}
    response = caller.post(json.dumps(body).encode(), path="/v1/messages/batch")

    assert response.status_code in {202, 400, 422}
    assert orjson.loads(response.data)


@FEW
@given(body=st.binary(max_size=200))
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_no_octets_are_a_fault_of_ours(caller: Caller, coding: str, body: bytes) -> None:
    response = caller.post(body, {"Content-Encoding": coding})

    assert response.status_code in {202, 400, 422}


@FEW
@given(query=st.text(max_size=60), name=st.text(max_size=40))
def test_no_url_is_a_fault_of_ours(caller: Caller, query: str, name: str) -> None:
    quoted = quote(name, safe="", errors="replace")
    response = caller.get(f"/v1/messages/{quoted}?{quote(query, safe='=&[]', errors='replace')}")
    listed = caller.get(f"/v1/messages?{quote(query, safe='=&[]', errors='replace')}")

    assert response.status_code in {200, 404, 422}
    assert listed.status_code in {200, 422}
