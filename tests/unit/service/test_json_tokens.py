"""A body that would become a crowd of objects is refused by a look at its octets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import json_tokens
from service.json_tokens import MAX_TOKENS, has_crowds
from tests.unit.service.caller import Caller, slug

DOCUMENTS = st.recursive(
    st.none() | st.integers() | st.text(alphabet=st.sampled_from('a,"\\[{\n€')),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='b,"\\'), inner),
)


def _tokens(value: object) -> int:
    """Count strings, commas and opening brackets of a document, from what it means."""
    if isinstance(value, str):
        return 1
    if isinstance(value, list):
        return 1 + max(len(value) - 1, 0) + sum(map(_tokens, value))
    if isinstance(value, dict):
        return 1 + max(len(value) - 1, 0) + len(value) + sum(map(_tokens, value.values()))
    return 0


@given(document=DOCUMENTS)
def test_what_strings_hold_does_not_count(document: object) -> None:
    body = json.dumps(document).encode()
    tokens = _tokens(document)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_tokens, "MAX_TOKENS", tokens)
        assert not has_crowds(body)
        patch.setattr(json_tokens, "MAX_TOKENS", max(tokens - 1, 0))
        assert has_crowds(body) == (tokens > 0)


@pytest.mark.parametrize("crowd", [b"{}", b"[]", b"1", b'""', b'{"a":1}'])
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/batch"])
def test_a_crowd_is_413(caller: Caller, crowd: bytes, path: str) -> None:
    """Each costs its sender three octets, or none compressed, and us a hundred."""
    body = b"[" + b",".join([crowd] * (MAX_TOKENS + 1)) + b"]"

    response = caller.post(body, path=path)

    assert (413, "request-too-large") == (response.status_code, slug(response))


def test_a_long_text_with_many_commas_is_none(caller: Caller) -> None:
    response = caller.send(text="one, two, {three} [four]\n" * (MAX_TOKENS // 3))

    assert 202 == response.status_code


@pytest.mark.parametrize(
    "body", [b'"' + b'\\"' * MAX_TOKENS, b'"' * MAX_TOKENS + b"x", b'["' + b"\\" * MAX_TOKENS]
)
def test_strings_that_do_not_end_are_looked_at_once(caller: Caller, body: bytes) -> None:
    """Looked at again from each quote in them they would take an hour."""
    assert 400 == caller.post(body).status_code
