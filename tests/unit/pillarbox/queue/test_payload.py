"""What a task carries: an old worker must not misread what a new one wrote, nor the reverse."""

import json

import pytest

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.queue.payload import PayloadRefusedError, decode_route, encode_route


@pytest.mark.parametrize("lane", Lane)
def test_a_route_survives_the_broker(lane: Lane) -> None:
    """Written, sent as JSON, read again."""
    route = Route("ses-eu", lane)

    assert route == decode_route(json.loads(json.dumps(encode_route(route))))


def test_a_payload_names_its_version() -> None:
    """The wire form is a contract between two versions of this program."""
    assert {"v": 1, "relay": "default", "lane": "high"} == encode_route(Route("default", Lane.HIGH))


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"v": 2, "relay": "default", "lane": "high"}, "version 2 is not 1"),
        ({"relay": "default", "lane": "high"}, "version None is not 1"),
        ({"v": 1, "lane": "high"}, "names no relay"),
        ({"v": 1, "relay": "", "lane": "high"}, "names no relay"),
        ({"v": 1, "relay": 7, "lane": "high"}, "names no relay"),
        ({"v": 1, "relay": "default", "lane": "express"}, "there is no lane 'express'"),
        ({"v": 1, "relay": "default"}, "there is no lane None"),
        (["default", "high"], "is not an object but list"),
        (None, "is not an object but NoneType"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_reason(payload: object, reason: str) -> None:
    """Guessing would carry the wrong mail; refusing costs a sweep."""
    with pytest.raises(PayloadRefusedError) as caught:
        decode_route(payload)

    assert reason == caught.value.reason
