"""gunicorn's log lines go the way of all others."""

import logging

from gunicorn.config import Config
from gunicorn.glogging import Logger


class ServerLog(Logger):  # type: ignore[misc] # gunicorn has no types
    """gunicorn's logger without handlers of its own: the process's log is set up already."""

    def setup(self, cfg: Config) -> None:
        """Let what is at least as grave as `loglevel` through to the root logger."""
        self.loglevel = self.LOG_LEVELS.get(cfg.loglevel.lower(), logging.WARNING)
        self.error_log.setLevel(self.loglevel)
        self.error_log.propagate = True
