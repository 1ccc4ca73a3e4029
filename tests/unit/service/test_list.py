"""`GET /v1/messages`: filters, pages and cursors."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from pillarbox.domain.ids import BatchId, KeyId
from pillarbox.domain.key import Scope
from pillarbox.flows.ports.reading import MessageFilter
from tests.fakes.services import World, message_id
from tests.unit.service.caller import Caller, faults
from tests.unit.service.views import make_view

PATH = "/v1/messages"
MINE = KeyId("key_everyday")
BATCH = BatchId("bat_01k9tq7n0pe3ns9c7k2v5h6w8x")


def listing(*parameters: tuple[str, str]) -> str:
    """Write the URL of a list."""
    return f"{PATH}?{urlencode(parameters)}"


def test_every_filter_is_understood(caller: Caller, world: World) -> None:
    response = caller.get(
        listing(
            ("status", "deferred"),
            ("recipient", "ada@Bücher.example"),
            ("recipient_status", "bounced"),
            ("from", "billing@ACME.test"),
            ("tag", "a"),
            ("tag", "b"),
            ("tag", "a"),
            ("metadata[order]", "42"),
            ("metadata[x[y]]", ""),
            ("batch", BATCH),
            ("created_after", "2026-11-23T10:00:00+01:00"),
            ("created_before", "2026-11-24t00:00:00.5z"),
        )
    )

    assert 200 == response.status_code
    assert [
        MessageFilter(
            key_id=MINE,
            status="deferred",
            recipient="ada@xn--bcher-kva.example",
            recipient_status="bounced",
            sender="billing@acme.test",
            tags=("a", "b"),
            metadata=(("order", "42"), ("x[y]", "")),
            batch=BATCH,
            created_after=datetime(2026, 11, 23, 9, tzinfo=UTC),
            created_before=datetime(2026, 11, 24, 0, 0, 0, 500_000, tzinfo=UTC),
        )
    ] == world.reader.asked


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ([("status", "delivered")], [("status", "value.not_known")]),
        ([("status", "")], [("status", "value.not_known")]),
        ([("recipient_status", "partial")], [("recipient_status", "value.not_known")]),
        ([("recipient", "ada")], [("recipient", "address.syntax")]),
        ([("from", "Ada <a@b.test>")], [("from", "address.syntax")]),
        ([("tag", "")], [("tag", "tag.empty")]),
        ([("tag", "a\0")], [("tag", "tag.control_character")]),
        ([("tag", str(n)) for n in range(21)], [("tag", "parameter.too_many")]),
        ([("metadata[]", "a")], [("metadata[]", "metadata.empty")]),
        ([("metadata[a]", "\0")], [("metadata[a]", "metadata.control_character")]),
        ([("metadata", "a")], [("metadata", "parameter.unknown")]),
        ([("batch", "bat_1")], [("batch", "id.syntax")]),
        ([("batch", message_id(1))], [("batch", "id.syntax")]),
        ([("stauts", "sent")], [("stauts", "parameter.unknown")]),
        ([("status", "sent"), ("status", "queued")], [("status", "parameter.repeated")]),
        ([("limit", "0")], [("limit", "limit.range")]),
        ([("limit", "501")], [("limit", "limit.range")]),
        ([("limit", "-1")], [("limit", "limit.range")]),
        ([("limit", "1e1")], [("limit", "limit.range")]),
        ([("limit", "٣")], [("limit", "limit.range")]),
        ([("limit", "")], [("limit", "limit.range")]),
        ([("created_after", "2026-11-23")], [("created_after", "time.syntax")]),
        ([("created_after", "2026-11-23T10:00:00")], [("created_after", "time.syntax")]),
        ([("created_after", "2026-11-23T10:00:00+01:60")], [("created_after", "time.syntax")]),
        ([("created_before", "2026-11-23T10:00:00 01:00")], [("created_before", "time.syntax")]),
        ([("created_before", "2026-02-30T10:00:00Z")], [("created_before", "time.syntax")]),
        ([("created_before", "0001-01-01T00:00:00+23:59")], [("created_before", "time.syntax")]),
        ([("cursor", "x")], [("cursor", "cursor.syntax")]),
        ([("cursor", "ä")], [("cursor", "cursor.syntax")]),
        ([("cursor", "")], [("cursor", "cursor.syntax")]),
        (
            [("status", "x"), ("limit", "x"), ("y", "")],
            [("status", "value.not_known"), ("limit", "limit.range"), ("y", "parameter.unknown")],
        ),
    ],
)
def test_a_wrong_parameter_is_422_and_named(
    caller: Caller, parameters: list[tuple[str, str]], told: list[tuple[str, str]]
) -> None:
    response = caller.get(listing(*parameters))

    assert 422 == response.status_code
    assert sorted(told) == sorted(faults(response))


def test_pages_follow_one_another_to_the_end(caller: Caller, world: World) -> None:
    world.reader.views = [make_view(message_id(number), MINE) for number in range(7, 0, -1)]

    url, seen, links = f"{PATH}?limit=3&tag=a", [], 0
    while True:
        page = caller.get(url)
        seen += [each["id"] for each in page.get_json()["data"]]
        cursor = page.get_json()["next_cursor"]
        if cursor is None:
            assert "Link" not in page.headers
            break
        links += 1
        link = page.headers["Link"]
        assert link.startswith("</pillarbox/v1/messages?tag=a&limit=3&cursor=")
        assert link.endswith('>; rel="next"')
        url = link[1 : link.index(">")].removeprefix("/pillarbox")
        assert cursor in url

    assert [message_id(number) for number in range(7, 0, -1)] == seen
    assert 2 == links


def test_a_full_last_page_has_no_next(caller: Caller, world: World) -> None:
    world.reader.views = [make_view(message_id(number), MINE) for number in (2, 1)]

    assert caller.get(f"{PATH}?limit=2").get_json()["next_cursor"] is None


def test_another_filter_under_a_cursor_is_422(caller: Caller, world: World) -> None:
    world.reader.views = [make_view(message_id(number), MINE) for number in (2, 1)]
    cursor = caller.get(f"{PATH}?limit=1&tag=a").get_json()["next_cursor"]

    assert 200 == caller.get(f"{PATH}?tag=a&limit=9&cursor={cursor}").status_code
    for other in ("", "&tag=b", "&tag=a&tag=b", "&status=sent"):
        response = caller.get(f"{PATH}?cursor={cursor}{other}")
        assert [("cursor", "cursor.other_filter")] == faults(response)


def test_a_key_sees_its_own_and_manage_sees_all(caller: Caller, world: World) -> None:
    world.reader.views = [
        make_view(message_id(2), KeyId("key_somebody")),
        make_view(message_id(1), MINE),
    ]

    assert [message_id(1)] == [each["id"] for each in caller.get(PATH).get_json()["data"]]
    caller.key = world.new_key("manager0", Scope.MANAGE)
    assert 2 == len(caller.get(PATH).get_json()["data"])
