"""Which relay a recipient's mail goes to, and which others may stand in for it.

1. The first rule that matches names the relays; without one all of them serve.
2. Among those the lowest priority comes first, and among equals a draw by
   weight decides (RFC 2782's words). Recipients that one rule matches share the
   draw, so that they travel in one transaction.
3. A message that names a relay itself goes there and nowhere else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pillarbox.domain.address import Address, SenderPattern
from pillarbox.domain.ids import KeyId
from pillarbox.domain.relay import Relay


class Routable(Protocol):
    """What rules ask of a message."""

    @property
    def relay(self) -> str | None:
        """The relay that it names, and no other."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags."""

    @property
    def envelope_sender(self) -> Address:
        """What MAIL FROM carries."""


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """Names relays for what it matches; what is None matches anything.

    `sender` is compared with the envelope's sender, `recipient` with the one
    recipient: an address, a domain or `*.domain`.
    """

    relays: tuple[str, ...]
    sender: SenderPattern | None = None
    recipient: SenderPattern | None = None
    tag: str | None = None
    key: KeyId | None = None

    def matches(self, message: Routable, recipient: Address, key: KeyId) -> bool:
        """Whether every condition holds."""
        return (
            (self.key is None or self.key == key)
            and (self.tag is None or self.tag in message.tags)
            and (self.sender is None or self.sender.permits(message.envelope_sender))
            and (self.recipient is None or self.recipient.permits(recipient))
        )


@dataclass(frozen=True, slots=True)
class RelayChoice:
    """A relay, and those that may carry the mail while it cannot, the best first."""

    relay: str
    fallbacks: tuple[str, ...] = ()


class Routing:
    """Chooses relays; `draw` gives numbers from 0 up to 1, never 1 itself."""

    def __init__(
        self,
        relays: Mapping[str, Relay],
        rules: Sequence[RoutingRule],
        draw: Callable[[], float],
    ) -> None:
        self._relays = relays
        self._rules = (*rules, RoutingRule(tuple(relays)))
        self._draw = draw
        self._ordered = {rule: self._in_order(rule) for rule in self._rules}

    def choose(
        self, message: Routable, recipients: Sequence[Address], key: KeyId
    ) -> tuple[RelayChoice, ...]:
        """Choose for each recipient; a relay that the message names must be one there is."""
        if message.relay is not None:
            return (RelayChoice(message.relay),) * len(recipients)
        drawn: dict[RoutingRule, RelayChoice] = {}
        choices = []
        for recipient in recipients:
            rule = next(each for each in self._rules if each.matches(message, recipient, key))
            if rule not in drawn:
                drawn[rule] = self._choose(rule)
            choices.append(drawn[rule])
        return tuple(choices)

    def _in_order(self, rule: RoutingRule) -> list[Relay]:
        return sorted(
            (self._relays[name] for name in rule.relays),
            key=lambda relay: (relay.priority, -relay.weight, relay.name),
        )

    def _choose(self, rule: RoutingRule) -> RelayChoice:
        ordered = self._ordered[rule]
        best = [relay for relay in ordered if relay.priority == ordered[0].priority]
        chosen = best[0] if len(best) == 1 else self._drawn(best)
        others = tuple(relay.name for relay in ordered if relay is not chosen)
        return RelayChoice(chosen.name, others)

    def _drawn(self, relays: Sequence[Relay]) -> Relay:
        mark = self._draw() * sum(relay.weight for relay in relays)
        for relay in relays[:-1]:
            mark -= relay.weight
            if mark < 0:
                return relay
        return relays[-1]
