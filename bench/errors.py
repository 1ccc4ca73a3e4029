"""What ends a measurement."""


class BenchError(RuntimeError):
    """A measurement that means nothing, and why; `log` is the end of what was logged."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.log = ""


class CountError(BenchError):
    """What was accepted, recorded and taken by the sink are not the same."""


class ProcessChangedError(BenchError):
    """A process ended while it was measured."""


class LostError(BenchError):
    """A lone message did not arrive, or another one did."""


class AnswerError(BenchError):
    """A server closed in the middle of an exchange, or answered what cannot be framed."""


class LoadError(BenchError):
    """The process that posts has failed."""
