"""What of the settings stands in the chart's `config`: every one, but those listed here.

The part of `helm/values.schema.json` that names them is made from the settings.
"""

import json
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import UnionType
from typing import Any, get_args

from pillarbox.domain.lane import Lane
from pillarbox.settings import PREFIX, Settings

SCHEMA = Path(__file__).resolve().parents[1] / "helm" / "values.schema.json"

ELSEWHERE = {
    "database_url": "`database`",
    "redis_url": "`redis`",
    "relay_url": "`relay`",
    "relays_file": "`relay.toml`, and where it is mounted",
    "bootstrap_key": "`bootstrapKey`",
    "worker_lanes": "`worker.groups`",
    "http_port": "the chart's own; `service.port` is what callers see",
    "health_port": "the chart's own",
    "state_dir": "the chart's own: /tmp is the only place that is written to",
    "worker_processes": "of `pillarbox up` alone",
    "sandbox_host": "of the sandbox relay, which the chart has none of",
    "sandbox_port": "the same",
}
"""Settings that `config` refuses, and what takes their place."""

_TYPES = {int: "integer", float: "number", bool: "boolean"}


def config_schema() -> dict[str, object]:
    """Make the schema of `config`: a property for each setting."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            PREFIX + each.name.upper(): {"type": _json_type(each)}
            for each in fields(Settings)
            if each.name not in ELSEWHERE
        },
    }


def values_schema() -> str:
    """Return the values' schema as it stands, with the settings as they are."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    schema["$defs"]["config"] = config_schema()
    schema["$defs"]["workerGroup"]["properties"]["lanes"]["items"] = {"enum": list(Lane)}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _json_type(setting: Field[Any]) -> str:
    if setting.default not in (None, MISSING):
        return _TYPES.get(type(setting.default), "string")
    kinds = get_args(setting.type) if isinstance(setting.type, UnionType) else (setting.type,)
    return next((_TYPES[kind] for kind in kinds if kind in _TYPES), "string")
