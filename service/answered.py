import time

import structlog

from service.request_context import RequestContext
from service.services import RequestObserver


class Answered:
    """Counts requests that are answered, ends their spans, and says each in one line of the log."""

    def __init__(self, observe: RequestObserver) -> None:
        self._observe = observe
        # Bound once and not for each line: that costs as much as writing it.
        self._log = structlog.get_logger("pillarbox.http").bind()

    def __call__(
        self,
        context: RequestContext,
        *,
        method: str,
        route: str,
        status: int,
        quiet: bool = False,
    ) -> None:
        """Note an answer; `quiet` says nothing of it (probes come every second)."""
        seconds = time.perf_counter() - context.started
        if context.span is not None:
            context.span.end(status)
        self._observe(method=method, route=route, status=status, seconds=seconds)
        say = self._log.debug if quiet else self._log.info
        say(
            "http_request",
            method=method,
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 2),
            key_id=context.key and context.key.id,
            request_id=context.request_id,
            **context.said,
        )
