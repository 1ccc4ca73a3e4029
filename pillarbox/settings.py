"""Settings: read once, frozen, from `PILLARBOX_*` and one optional TOML file.

1. A field's name in capitals after `PILLARBOX_` is its variable; in lower case
   it is its name in the file that `PILLARBOX_SETTINGS_FILE` names.
2. The environment wins over the file, the file over the default.
3. A wrong setting stops the start with one line that names it; secrets are
   never in that line, nor in a repr.
"""

import difflib
import hashlib
import re
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from pillarbox import setting_values
from pillarbox.domain.lane import Lane
from pillarbox.relay_settings import RelaySettings
from pillarbox.setting_field import PREFIX, SettingError, setting
from pillarbox.setting_values import flag, one_of, seconds, text, whole

__all__ = ["FILE_VARIABLE", "PREFIX", "SettingError", "Settings", "Survey", "load", "survey"]

FILE_VARIABLE = "PILLARBOX_SETTINGS_FILE"
CLIENT_VARIABLES = frozenset({"PILLARBOX_URL", "PILLARBOX_API_KEY", FILE_VARIABLE})
"""Read by the command line's client commands, and by this module itself."""

_MAX_SOCKET_PATH = 100
"""The path of a Unix socket holds 107 octets (unix(7)); a deep directory needs a shorter one."""

_LIKENESS = 0.85
"""From here on a variable is taken for a misspelt setting; Kubernetes' own are further off."""

_KUBERNETES = re.compile(
    r"_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$"
)
_KUBERNETES_PORT = re.compile(r"(tcp|udp|sctp)://")
"""What it puts into each pod for a Service whose name begins with `pillarbox`."""


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


@dataclass(frozen=True, slots=True)
class Survey:
    """All that an environment says of settings: those that can be used, and what is wrong.

    `faults` stop a start, the first one first; what they name has its default in
    `settings`. `given` are the fields that are set. `unknown` are variables with
    our prefix that are no setting, and are ignored.
    """

    settings: Settings
    faults: tuple[SettingError, ...] = ()
    given: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()


def load(environment: Mapping[str, str]) -> Settings:
    """Read the settings; raises `SettingError` for the first that cannot be used."""
    found = survey(environment)
    if found.faults:
        raise found.faults[0]
    return found.settings


def survey(environment: Mapping[str, str]) -> Survey:
    """Read the settings as far as they can be used, and say all that is wrong with them."""
    known = {each.name: each for each in fields(Settings)}
    found = _Found(known)
    try:
        for name, value in _file_values(environment, known).items():
            found.take(name, name, value)
    except SettingError as error:
        found.faults.append(error)
    for variable, value in environment.items():
        if not variable.startswith(PREFIX) or variable in CLIENT_VARIABLES:
            continue
        if _is_kubernetes(variable, value):
            continue
        found.take(variable.removeprefix(PREFIX).lower(), variable, value)
    settings = Settings(**found.values)
    if not found.faults:
        try:
            settings.relays(None)  # secrets are the worker's alone
        except SettingError as error:
            found.faults.append(error)
    return Survey(settings, tuple(found.faults), frozenset(found.values), tuple(found.unknown))


@dataclass(slots=True)
class _Found:
    """What has been read so far."""

    known: Mapping[str, Field[Any]]
    values: dict[str, Any] = field(default_factory=dict)
    faults: list[SettingError] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def take(self, name: str, shown: str, text: str) -> None:
        """Parse a setting that was given, or note why it cannot be used."""
        if name in self.known:
            try:
                self.values[name] = _parse(self.known[name], shown, text)
            except SettingError as error:
                self.faults.append(error)
        elif near := _nearest(shown):
            problem = f"there is no such setting; did you mean {near}?"
            self.faults.append(SettingError(shown, problem))
        else:
            self.unknown.append(shown)


def _is_kubernetes(variable: str, value: str) -> bool:
    """Whether a variable is one that Kubernetes makes for a Service, whatever it is like."""
    if _KUBERNETES.search(variable):
        return True
    return variable.endswith("_PORT") and _KUBERNETES_PORT.match(value) is not None


def _nearest(variable: str) -> str:
    """Return the setting's variable that this one is a misspelling of; empty if none is so like."""
    variables = [PREFIX + each.name.upper() for each in fields(Settings)]
    return next(iter(difflib.get_close_matches(variable, variables, n=1, cutoff=_LIKENESS)), "")


def _parse(setting: Field[Any], name: str, value: str) -> Any:
    try:
        return setting.metadata["parse"](value)
    except ValueError as error:
        raise SettingError(name, str(error)) from None


def _file_values(environment: Mapping[str, str], known: Mapping[str, Field[Any]]) -> dict[str, str]:
    path = environment.get(FILE_VARIABLE)
    if path is None:
        return {}
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(FILE_VARIABLE, f"{path}: {error}") from None
    for name, value in document.items():
        if name not in known:
            raise SettingError(FILE_VARIABLE, f"{path}: there is no setting {name!r}")
        if isinstance(value, dict | list):
            raise SettingError(FILE_VARIABLE, f"{path}: {name} is not a single value")
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in document.items()
    }
