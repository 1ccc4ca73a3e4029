"""What can be set, each with its default and a sentence; frozen once read.

1. A field's name in capitals after `PILLARBOX_` is its variable; in lower case
   it is its name in the file that `PILLARBOX_SETTINGS_FILE` names.
2. How they are read, `pillarbox.settings_survey` has. Secrets are in no repr.
"""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pillarbox import setting_values
from pillarbox.domain.lane import Lane
from pillarbox.relay_settings import RelaySettings
from pillarbox.setting_field import PREFIX, SettingError, setting
from pillarbox.setting_values import flag, one_of, seconds, text, whole

__all__ = ["PREFIX", "SettingError", "Settings"]

_MAX_SOCKET_PATH = 100
"""The path of a Unix socket holds 107 octets (unix(7)); a deep directory needs a shorter one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(RelaySettings):
    """Everything that can be set. Times are seconds, sizes octets."""

    database_url: str | None = setting(
        None,
        setting_values.database_url,
        "Where messages are kept: `postgresql+psycopg://user:password@host/name` or"
        " `sqlite:///path`. Default: SQLite in the state directory.",
        secret=True,
    )
    redis_url: str | None = setting(
        None,
        setting_values.redis_url,
        "The broker, Redis or Valkey: `redis://host:6379/0`, `rediss://…` or `unix:///path`."
        " One database of it (here 0) is one installation's."
        " Default: the embedded one that `pillarbox up` starts in the state directory.",
        secret=True,
    )
    state_dir: Path = setting(
        Path("var"),
        setting_values.path,
        "Where `pillarbox up` keeps its database, broker, keys and sandbox mail.",
    )
    http_host: str = setting("127.0.0.1", text, "The address that the API listens on.")
    http_port: int = setting(8025, whole(1, 65535), "The port that the API listens on.")
    api_processes: int = setting(2, whole(1, 256), "Processes of the API.")
    api_threads: int = setting(16, whole(1, 512), "Threads of each API process.")
    public_url: str | None = setting(
        None,
        setting_values.http_url,
        "The URL that callers reach the API by. Default: `http://<host>:<port>`.",
    )
    bootstrap_key: str | None = setting(
        None,
        setting_values.api_key,
        "A whole API key (`pb_<id>_<secret>`), made on start with every scope and any sender"
        " if it is not there yet.",
        secret=True,
    )
    sandbox_host: str = setting("127.0.0.1", text, "The address of the sandbox relay.")
    sandbox_port: int = setting(1587, whole(1, 65535), "The port of the sandbox relay.")
    health_port: int | None = setting(
        None,
        whole(0, 65535),
        "The port of a worker's or scheduler's probes and metrics; 0 is any free one."
        " With `pillarbox up`, which has both, it is the worker's.",
    )
    worker_processes: int = setting(
        2, whole(1, 64), "Workers that `pillarbox up` starts: one for each core that mail may take."
    )
    worker_threads: int = setting(
        12, whole(2, 1000), "Threads of a worker; more than connections, or the sweep waits."
    )
    worker_lanes: tuple[Lane, ...] = setting(
        tuple(Lane),
        setting_values.lanes,
        "The lanes that a worker takes, with commas between; each lane needs a worker. Sweeps are"
        " every worker's, and those of `pillarbox up` take all lanes.",
    )
    lease: float = setting(
        60.0, seconds(1, 3600), "How long a worker's claim holds without being renewed."
    )
    sweep: float = setting(1.0, seconds(0.1, 3600), "Between two sweeps of the scheduler.")
    claim_messages: int = setting(
        100,
        whole(1, 1000),
        "Messages that one claim takes at most; a slow relay's takes as many as it is given in half"
        " a second.",
    )
    group_messages: int = setting(
        20,
        whole(1, 1000),
        "Messages that share one mark before their data ends, at most: so many may be"
        " uncertain after a crash. Ten do unless the relay is far and offers CHUNKING.",
    )
    retry_base: float = setting(60.0, seconds(0.1, 86400), "The longest first pause.")
    retry_cap: float = setting(4 * 3600.0, seconds(1, 7 * 86400), "The longest pause of all.")
    lifetime: float = setting(
        48 * 3600.0, seconds(1, 30 * 86400), "How long a message is tried before it expires."
    )
    content_retention: float = setting(
        30 * 86400.0,
        seconds(0, 3650 * 86400),
        "How long the body and attachments of a message are kept, from its acceptance or `send_at`;"
        " what is still scheduled is kept in any case. 0 is for ever.",
    )
    message_retention: float = setting(
        90 * 86400.0,
        seconds(0, 3650 * 86400),
        "How long a message, its attempts and its Idempotency-Key are kept, counted in the same"
        " way. 0 is for ever.",
    )
    max_recipients: int = setting(50, whole(1, 1000), "Recipients of one message.")
    max_message_bytes: int = setting(25_000_000, whole(1000, 500_000_000), "A message, encoded.")
    max_request_bytes: int = setting(
        50_000_000, whole(1000, 1_000_000_000), "A request's body, inflated."
    )
    large_requests_bytes: int = setting(
        100_000_000,
        whole(1_000_000, 100_000_000_000),
        "Bodies of more than 1 MiB that one API process has at a time, together; it takes about"
        " three times as much memory for them. Further ones wait, or are 503.",
    )
    log_level: str = setting(
        "info", one_of("debug", "info", "warning", "error"), "What is logged, and above."
    )
    log_format: str = setting(
        "auto",
        one_of("auto", "json", "text"),
        "Lines of JSON or text; `auto` is text on a terminal.",
    )
    log_addresses: bool = setting(
        False, flag, "Whether mail addresses stand in the log (`true`) or are redacted (`false`)."
    )

    @property
    def sqlalchemy_url(self) -> str:
        """The database URL, the default filled in."""
        return self.database_url or f"sqlite:///{self.state_dir.absolute() / 'pillarbox.sqlite3'}"

    @property
    def broker_socket(self) -> Path:
        """The Unix socket of the embedded broker."""
        socket = self.state_dir.absolute() / "broker.sock"
        if len(str(socket)) <= _MAX_SOCKET_PATH:
            return socket
        digest = hashlib.sha256(str(socket).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"pillarbox-{digest}" / "broker.sock"

    @property
    def broker_url(self) -> str:
        """The broker's URL, the default filled in."""
        return self.redis_url or f"unix://{self.broker_socket}"

    @property
    def base_url(self) -> str:
        """The URL that callers reach the API by, the default filled in, without a final slash."""
        host = f"[{self.http_host}]" if ":" in self.http_host else self.http_host
        return (self.public_url or f"http://{host}:{self.http_port}").rstrip("/")
