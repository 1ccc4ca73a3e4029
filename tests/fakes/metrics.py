from dataclasses import dataclass, field

from service.services import Exposition


@dataclass
class FakeMetrics:
    """Remembers what was counted, as (method, route, status)."""

    seen: list[tuple[str, str, int]] = field(default_factory=list)
    keep: bool = True

    def observe(self, *, method: str, route: str, status: int, seconds: float) -> None:
        if self.keep and seconds >= 0:
            self.seen.append((method, route, status))

    def expose(self) -> Exposition:
        return Exposition(b"# nothing yet\n", "text/plain; version=0.0.4; charset=utf-8")
