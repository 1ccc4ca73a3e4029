"""Nothing answers without a key but a handful of public pages."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from pillarbox.domain.ids import KeyId
from pillarbox.domain.key import Scope
from service.auth import PUBLIC_ENDPOINTS
from tests.fakes.services import NOW, World, message_id
from tests.unit.service.caller import Caller, slug
from tests.unit.service.published import CheckedClient

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
PUBLIC = {"/livez", "/readyz", "/metrics", "/openapi.json", "/docs", "/docs/<name>",
          "/problems/<slug>"}  # fmt: skip


def test_every_route_and_every_method_wants_a_key(app: Flask, client: CheckedClient) -> None:
    """The contract names the public pages; everything else, and every other method, is 401."""
    answered = set()
    for rule in app.url_map.iter_rules():
        for method in METHODS:
            path = re.sub(r"<[^>]+>", "start.js", rule.rule)
            response = client.open(path, method=method)
            if response.status_code == 401:
                assert "Bearer" == response.headers["WWW-Authenticate"]
                continue
            answered.add((rule.rule, method))

    assert {(rule, method) for rule in PUBLIC for method in ("GET", "HEAD")} == answered


def test_the_public_endpoints_are_those_of_the_contract(app: Flask) -> None:
    public = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in PUBLIC_ENDPOINTS}

    assert PUBLIC == public


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/nothing", "/v1/messages/", "/v1//messages", "//", "/docs/", "/a/b"]
)
def test_what_does_not_exist_wants_a_key_too(
    client: CheckedClient, caller: Caller, path: str
) -> None:
    """Nobody without a key learns what exists; and no redirect answers before the key is asked."""
    assert 401 == client.open(path).status_code
    response = caller.get(path)
    assert (404, "not-found") == (response.status_code, slug(response))


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer pb_everyday",
        "Bearer pb_everyday_short",
        f"Bearer pb_everyday_{'x' * 43}",
        f"Bearer pb_nobody00_{'x' * 43}",
        f"Bearer pb_everyday_{'x' * 1000}",
        "Bearer pb_everyday_ä",
        f"pb_everyday_{'x' * 43}",
    ],
)
def test_a_key_that_is_none_is_401(
    client: CheckedClient, caller: Caller, authorization: str
) -> None:
    assert caller.key
    response = client.get(
        "/v1/messages", headers={"Authorization": authorization.encode().decode("latin-1")}
    )

    assert (401, "unauthenticated") == (response.status_code, slug(response))
    assert "Bearer" == response.headers["WWW-Authenticate"]


def test_the_scheme_may_be_written_in_any_case(client: CheckedClient, caller: Caller) -> None:
    """RFC 9110 11.1."""
    response = client.get("/v1/messages", headers={"Authorization": f"bEARER  {caller.key}"})

    assert 200 == response.status_code


def test_a_revoked_key_is_as_good_as_none(caller: Caller, world: World) -> None:
    world.keys.revoke(KeyId("key_everyday"), NOW + timedelta(seconds=1))

    assert 401 == caller.get("/v1/messages").status_code


@pytest.mark.parametrize(
    ("scopes", "statuses"),
    [
        ((Scope.SEND,), (202, 403, 403)),
        ((Scope.READ,), (403, 404, 403)),
        ((Scope.CONTENT,), (403, 403, 404)),
        ((Scope.MANAGE,), (202, 404, 404)),
        ((), (403, 403, 403)),
    ],
)
def test_a_scope_opens_its_own_routes(
    client: CheckedClient, world: World, scopes: tuple[Scope, ...], statuses: tuple[int, ...]
) -> None:
    caller = Caller(client, world.new_key("scoped00", *scopes))
    path = f"/v1/messages/{message_id(7)}"

    answers = (caller.send(), caller.get(path), caller.get(f"{path}/source"))

    assert statuses == tuple(answer.status_code for answer in answers)
    assert all(slug(answer) == "scope-missing" for answer in answers if answer.status_code == 403)


def test_a_missing_scope_is_told_before_the_body_is_read(
    client: CheckedClient, world: World
) -> None:
    caller = Caller(client, world.new_key("readonly", Scope.READ))

    assert 403 == caller.post(b"{").status_code


def test_a_sender_that_the_key_does_not_list_is_403_with_its_place(
    client: CheckedClient, world: World
) -> None:
    key = world.new_key("narrow00", Scope.SEND, senders=("acme.test", "*.acme.test", "me@b.test"))
    caller = Caller(client, key)

    refused = caller.send(from_="a@other.test", return_path="you@b.test")

    assert (403, "sender-not-allowed") == (refused.status_code, slug(refused))
    assert ["#/from", "#/return_path"] == [each["pointer"] for each in refused.get_json()["errors"]]
    for sender in ("a@acme.test", "a@b.ACME.test", "me@b.test"):
        assert 202 == caller.send(from_=sender, return_path=None).status_code
    assert 403 == caller.send(from_="a@notacme.test").status_code


def test_a_store_that_is_away_is_503_before_anything_else(caller: Caller, world: World) -> None:
    world.keys.away = True

    response = caller.send()

    assert (503, "store-unavailable") == (response.status_code, slug(response))
    assert "2" == response.headers["Retry-After"]
