"""The API as the command line's `send` and `status` talk to it."""

from pathlib import Path
from typing import Any

import click
import requests

from pillarbox.cli.setting_errors import load_settings
from pillarbox.settings import Settings

TIMEOUT_SECONDS = 30.0
"""For one answer of the API."""
KEY_FILE = "bootstrap-key"
"""In the state directory: the key that `pillarbox up` made for this machine's user."""


def key_file(settings: Settings) -> Path:
    """Where `pillarbox up` keeps its own key, readable by its user alone."""
    return settings.state_dir / KEY_FILE


class Client:
    """One API, one key. Every fault ends the command with what the API says of it."""

    def __init__(self, url: str | None, key: str | None) -> None:
        settings = load_settings()
        self._url = (url or settings.base_url).rstrip("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {key or _own_key(settings)}"

    def get(self, path: str) -> dict[str, Any]:
        """GET a JSON document."""
        return self._call("GET", path, None)

    def post(self, path: str, document: dict[str, Any]) -> dict[str, Any]:
        """POST a JSON document."""
        return self._call("POST", path, document)

    def _call(self, method: str, path: str, document: dict[str, Any] | None) -> dict[str, Any]:
        try:
            answer = self._session.request(
                method, self._url + path, json=document, timeout=TIMEOUT_SECONDS
            )
            body: dict[str, Any] = answer.json()
        except requests.JSONDecodeError:
            raise click.ClickException(f"{self._url} did not answer with JSON") from None
        except requests.RequestException as error:
            raise click.ClickException(f"{self._url} does not answer: {error}") from None
        if not answer.ok:
            raise click.ClickException(_describe(body))
        return body


def _own_key(settings: Settings) -> str:
    if settings.bootstrap_key:
        return settings.bootstrap_key
    try:
        return key_file(settings).read_text(encoding="ascii").strip()
    except OSError:
        raise click.ClickException(
            "no API key: give --key or set PILLARBOX_API_KEY"
            f" (there is none at {key_file(settings)} either)"
        ) from None


def _describe(problem: dict[str, Any]) -> str:
    lines = [f"{problem.get('status')} {problem.get('title')}: {problem.get('detail')}"]
    for fault in problem.get("errors", ()):
        where = fault.get("pointer") or fault.get("parameter") or fault.get("header")
        lines.append(f"  {where}: {fault.get('detail')}")
    return "\n".join(lines)
