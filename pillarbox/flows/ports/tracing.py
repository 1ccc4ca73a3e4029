from contextlib import AbstractContextManager
from typing import Protocol

from pillarbox.domain.message import TraceContext
from pillarbox.flows.ports.claims import Claim, DeliverySettlement


class RequestSpan(Protocol):
    """A request on its way."""

    @property
    def context(self) -> TraceContext:
        """What continues this span: the context to keep with a message."""

    def end(self, status: int) -> None:
        """Note the answer's status, and that it is on its way."""


class Tracer(Protocol):
    """Who draws what happens as spans; never fails its caller, never shows an address or a text."""

    @property
    def draws(self) -> bool:
        """Whether anything is drawn at all."""

    def request(
        self, method: str, route: str | None, parent: TraceContext | None
    ) -> RequestSpan | None:
        """Begin the span of a request that continues its caller's; None if nothing is traced.

        `route` is the rule with its variables unfilled, None if there is none.
        """

    def batch(self, claim: Claim) -> AbstractContextManager[None]:
        """Span what is done with a claim, linked to the traces of its messages."""

    def attempted(self, settlement: DeliverySettlement) -> None:
        """Span the SMTP transaction that a delivery met: it continues the message's trace."""

    def close(self) -> None:
        """Hand over what is still held."""
