"""Settings, read from `PILLARBOX_*` and one optional TOML file, and all that is wrong with them.

1. The environment wins over the file, the file over the default.
2. A wrong setting stops the start with one line that names it; no secret is in
   that line.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from pillarbox.setting_field import PREFIX, SettingError
from pillarbox.settings import Settings

FILE_VARIABLE = "PILLARBOX_SETTINGS_FILE"
CLIENT_VARIABLES = frozenset({"PILLARBOX_URL", "PILLARBOX_API_KEY", FILE_VARIABLE})
"""Read by the command line's client commands, and by this module itself."""

_LIKENESS = 0.85
"""From here on a variable is taken for a misspelt setting; Kubernetes' own are further off."""

_KUBERNETES = re.compile(
    r"_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$"
)
_KUBERNETES_PORT = re.compile(r"(tcp|udp|sctp)://")
"""What it puts into each pod for a Service whose name begins with `pillarbox`."""


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
