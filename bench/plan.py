"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The size of a run; everything in it is bounded, so a run ends by itself."""

    messages: int = 4000
    """Measured in each row, in as many POSTs or in batches."""
    rounds: int = 3
    """Of all systems, one after the other, since the speed of a machine drifts."""
    connections: int = 32
    """Kept HTTP connections, each with one POST at a time: as many as the API has threads."""
    batch: int = 100
    """Messages in a batch."""
    batch_connections: int = 8
    """Those that post batches."""
    warm_up: int = 400
    """Sent before the measurement, so that no row pays for imports and first connections."""
    lone: int = 50
    """Lone messages on an idle system."""
    cold: int = 5
    """Further lone messages, so far apart that the relay's connection is closed between them."""
    line_seconds: float = 4.0
    """For each way over one SMTP connection, at each round trip time, in each round."""
    engine_messages: int = 1000
    """In each round of the engine's CPU time."""
    engine_rounds: int = 15
    """Short ones, so that many are undisturbed."""


SMOKE = Plan(
    messages=24,
    rounds=1,
    connections=4,
    batch=8,
    batch_connections=2,
    warm_up=8,
    lone=3,
    cold=0,
    line_seconds=0.01,
    engine_messages=50,
    engine_rounds=1,
)
"""Proves that everything runs and that the counts are right; its times mean nothing."""
