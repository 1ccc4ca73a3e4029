"""Which relay a recipient's mail goes to."""

from dataclasses import replace

import pytest

from pillarbox.domain.address import Address, Mailbox, SenderPattern
from pillarbox.domain.ids import KeyId
from pillarbox.domain.message import Submission
from pillarbox.domain.relay import parse_relay_url
from pillarbox.domain.routing import RelayChoice, Routing, RoutingRule

KEY = KeyId("key_1")
ADA = Address("ada", "example.com")
BOB = Address("bob", "example.org")
RELAYS = {
    name: replace(parse_relay_url("smtp://127.0.0.1", name=name), weight=weight, priority=priority)
    for name, weight, priority in (("a", 3, 0), ("b", 1, 0), ("spare", 9, 1))
}


def _submission(*tags: str, relay: str | None = None) -> Submission:
    sender = Mailbox(Address("billing", "acme.test"))
    return Submission(sender, (Mailbox(ADA), Mailbox(BOB)), tags=tags, relay=relay)


def _choose(
    *rules: RoutingRule, draw: float = 0.0, submission: Submission | None = None
) -> list[str]:
    routing = Routing(RELAYS, rules, lambda: draw)
    return [each.relay for each in routing.choose(submission or _submission(), (ADA, BOB), KEY)]


@pytest.mark.parametrize(("draw", "expected"), [(0.0, "a"), (0.74, "a"), (0.75, "b"), (0.99, "b")])
def test_weights_share_what_goes_to_the_lowest_priority(draw: float, expected: str) -> None:
    """Three of four go to `a`; none to the spare, however heavy (RFC 2782)."""
    assert [expected, expected] == _choose(draw=draw)


def test_those_not_chosen_stand_in_by_priority_and_then_by_weight() -> None:
    """The spare comes last."""
    [choice, _] = Routing(RELAYS, (), lambda: 0.9).choose(_submission(), (ADA, BOB), KEY)

    assert RelayChoice("b", ("a", "spare")) == choice


def test_recipients_under_one_rule_share_the_draw() -> None:
    """Else one message would be two transactions without a reason."""
    draws = iter([0.9, 0.0])

    choices = Routing(RELAYS, (), lambda: next(draws)).choose(_submission(), (ADA, BOB), KEY)

    assert ["b", "b"] == [each.relay for each in choices]


def test_recipients_of_one_message_may_take_different_routes() -> None:
    """The first rule that matches wins, for each recipient by itself."""
    rules = (
        RoutingRule(("spare",), recipient=SenderPattern("example.org")),
        RoutingRule(("a",), recipient=SenderPattern("bob@example.org")),
    )

    assert ["b", "spare"] == _choose(*rules, draw=0.8)


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        (RoutingRule(("spare",), sender=SenderPattern("acme.test")), True),
        (RoutingRule(("spare",), sender=SenderPattern("other.test")), False),
        (RoutingRule(("spare",), tag="bulk"), True),
        (RoutingRule(("spare",), tag="receipt"), False),
        (RoutingRule(("spare",), key=KEY), True),
        (RoutingRule(("spare",), key=KeyId("key_2")), False),
        (RoutingRule(("spare",), tag="bulk", key=KeyId("key_2")), False),
    ],
)
def test_a_rule_matches_when_all_that_it_says_holds(rule: RoutingRule, *, matches: bool) -> None:
    expected = "spare" if matches else "a"

    assert [expected] * 2 == _choose(rule, submission=_submission("bulk"))


def test_a_message_that_names_a_relay_goes_there_and_nowhere_else() -> None:
    """Not even while that relay is down: the caller has asked for it."""
    routing = Routing(RELAYS, (RoutingRule(("a",)),), lambda: 0.0)

    choices = routing.choose(_submission(relay="spare"), (ADA, BOB), KEY)

    assert (RelayChoice("spare"),) * 2 == choices
