from dataclasses import dataclass, field


@dataclass
class FakeMetrics:
    """Remembers what was counted, as (method, route, status)."""

    seen: list[tuple[str, str, int]] = field(default_factory=list)
    keep: bool = True

    def __call__(self, *, method: str, route: str, status: int, seconds: float) -> None:
        if self.keep and seconds >= 0:
            self.seen.append((method, route, status))

    def render(self) -> tuple[bytes, str]:
        return b"# nothing yet\n", "text/plain; version=0.0.4; charset=utf-8"
