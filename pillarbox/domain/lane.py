from enum import StrEnum


class Lane(StrEnum):
    """Which of the queues a message waits in; a lane never waits behind a lower one."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"
