from dataclasses import fields, replace
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from pillarbox.doctor.finding import Finding
from pillarbox.observe.redaction import MASK
from pillarbox.settings import Settings

_SHORTEST: Final = 3
"""Characters: what is shorter would be found in every other word."""


class Secrecy:
    """Keeps what is secret in the settings out of findings, whoever put it there.

    No check writes a secret; an error of somebody else's may quote one.
    """

    def __init__(self, settings: Settings) -> None:
        values = [
            str(value)
            for each in fields(settings)
            if each.metadata["secret"] and (value := getattr(settings, each.name))
        ]
        found = {part for value in values for part in _parts(value)}
        self._secrets = sorted(found, key=len, reverse=True)

    def kept_in(self, finding: Finding) -> Finding:
        """Return the finding without secrets."""
        seen, advice, about = (
            self._masked(text) for text in (finding.seen, finding.advice, finding.about)
        )
        return replace(finding, seen=seen, advice=advice, about=about)

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text


def _parts(value: str) -> set[str]:
    """Return what is secret of a setting: a URL's passwords and with them all of it, or all.

    A URL without a password is none: it says which server is meant.
    """
    if "://" not in value:
        return {value} if len(value) >= _SHORTEST else set()
    try:
        parts = urlsplit(value)
        password, query = parts.password or "", parts.query
    except ValueError:
        return {value}
    passwords = {text for name, text in parse_qsl(query) if "passw" in name.lower()}
    found = {each for each in (password, unquote(password), *passwords) if len(each) >= _SHORTEST}
    return {value, *found} if found else found
