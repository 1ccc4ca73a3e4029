"""JSON that is meant to hurt: it costs its sender an answer, and us nothing."""

import pytest

from tests.unit.service.caller import Caller, faults, slug


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
@pytest.mark.parametrize("depth", [90, 300, 450, 900, 2_000, 100_000])
@pytest.mark.parametrize("text", [b"a", b"\\ud800"])
def test_depth_is_refused_and_crashes_nothing(
    caller: Caller, opening: bytes, closing: bytes, depth: int, text: bytes
) -> None:
    """Python's own limit is on the stack; it is reached while reading, and is the caller's."""
    body = b'{"x":' + opening * depth + b"1" + closing * depth + b',"y":"' + text + b'"}'

    response = caller.post(body)

    assert (response.status_code, slug(response)) in {
        (400, "malformed-body"),
        (422, "invalid-input"),
    }


def test_an_endless_number_is_400(caller: Caller) -> None:
    """Python refuses to read more than 4,300 digits, as it takes quadratic time."""
    assert 400 == caller.post(b'{"a":' + b"9" * 5000 + b"}").status_code


def test_a_number_beyond_a_double_is_no_crash(caller: Caller) -> None:
    assert 422 == caller.post(b'{"from":1e999,"tags":[-1e-999]}').status_code


def test_a_member_named_twice_among_many_is_found_at_once(caller: Caller) -> None:
    many = b",".join(b'"m%d":1' % number for number in range(4_000))

    response = caller.post(b"{" + many + b',"m7":1}')

    assert 400 == response.status_code
    assert "'m7'" in response.get_json()["detail"]


def test_a_crowd_of_members_is_refused_before_any_is_looked_at(caller: Caller) -> None:
    """Compressed it is a few kilobytes; each member looked at would cost a hundred times that."""
    many = b",".join(b'"m%d":1' % number for number in range(5_001))

    response = caller.post(b'{"metadata":{' + many + b"}}")

    assert (400, "malformed-body") == (response.status_code, slug(response))
    assert "5000 members" in response.get_json()["detail"]


def test_a_name_without_end_is_not_answered_whole(caller: Caller) -> None:
    """Who sends 50 MB of a member's name is told where it is, and not all of it again."""
    response = caller.post(b'{"' + b"k" * 1_000_000 + b'":1}')

    assert 422 == response.status_code
    assert 10_000 > len(response.data)


@pytest.mark.parametrize(
    "headers", [b'{"X-A":[%s1]}' % (b"1," * 5_000), b'{"X-A":[],"X-B":[%s1]}' % (b"1," * 100)]
)
def test_a_crowd_of_headers_is_one_fault(caller: Caller, headers: bytes) -> None:
    response = caller.post(
        b'{"from":"a@b.test","to":"a@b.test","text":"","headers":' + headers + b"}"
    )

    assert [("#/headers", "headers.too_many")] == faults(response)
