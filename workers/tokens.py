"""Bearer tokens for XOAUTH2, fetched from an OAuth 2.0 token endpoint (RFC 6749).

1. A token is renewed before it expires, by one thread; the others go on with the
   one that is still good, or wait if there is none.
2. A token endpoint that fails is left alone for a moment: threads that want a
   token then hear the same answer at once.
3. Once the process is to end, nobody waits for the endpoint longer than for a relay.
4. Secrets go to that endpoint over TLS (loopback aside), are not sent after a
   redirect, and stand in no error and no repr.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import requests

from pillarbox.domain.relay import TokenGrant
from workers.smtp.auth import TokenUnavailableError
from workers.smtp.ending import Ending
from workers.smtp.errors import StoppedError

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
"""For the whole answer: a worker's thread waits for it."""

LOOK_SECONDS: Final = 0.2
"""Between two looks whether the process is to end."""

MAX_ANSWER_OCTETS: Final = 65_536

USUAL_LIFE: Final = 600.0
"""Seconds that a token is taken to live if the endpoint does not say (RFC 6749 5.1)."""

MARGIN: Final = 300.0
"""Seconds before its end that a token is renewed, or a fifth of its life if that is less."""

PAUSE_AFTER_FAILURE: Final = 5.0

SUCCESS: Final = 200
MAX_TOKEN: Final = 9_000
"""Characters: what a line of AUTH can hold in base64, with a user name (RFC 4954 4)."""

BUSY: Final = frozenset({408, 425, 429})
"""4xx that speak of now, and not of the grant."""


class _Token(NamedTuple):
    value: str
    renew_at: float
    ends_at: float


_NONE: Final = _Token("", 0.0, 0.0)


class Tokens:
    """One grant's tokens: a `workers.smtp.auth.TokenSource` for many threads.

    `monotonic` is seconds. A refresh token that the endpoint replaces is kept in
    memory; the configured one must stay good for the next start.
    """

    def __init__(self, grant: TokenGrant, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._grant = grant
        self._monotonic = monotonic
        self._renewing = threading.Lock()
        self._token = _NONE
        self._refresh_token = grant.refresh_token
        self._failure: TokenUnavailableError | None = None
        self._rests_until = 0.0

    def __call__(self, refused: str = "") -> str:
        """Return a token that is valid now, and another one than `refused`."""
        token = self._token
        if self._is_good(token, refused):
            if self._monotonic() >= token.renew_at and self._renewing.acquire(blocking=False):
                try:
                    return self._renewed_early(token).value
                finally:
                    self._renewing.release()
            return token.value
        with self._renewing:
            if not self._is_good(self._token, refused):
                self._renew()
            return self._token.value

    def at_hand(self, refused: str = "") -> str:
        """Return a token that nobody has to wait for; empty if there is none."""
        token = self._token
        is_due = self._monotonic() >= token.renew_at
        return "" if is_due or not self._is_good(token, refused) else token.value

    def _is_good(self, token: _Token, refused: str) -> bool:
        return bool(token.value) and token.value != refused and self._monotonic() < token.ends_at

    def _renewed_early(self, token: _Token) -> _Token:
        """Renew before the end; what is still good serves on if that fails."""
        if self._token is token:
            try:
                self._renew()
            except TokenUnavailableError:
                return token
        return self._token

    def _renew(self) -> None:
        if self._failure is not None and self._monotonic() < self._rests_until:
            raise TokenUnavailableError(
                self._failure.detail, is_transient=self._failure.is_transient
            )
        try:
            document = self._ask()
            self._token = self._read(document)
        except TokenUnavailableError as error:
            self._failure = error
            self._rests_until = self._monotonic() + PAUSE_AFTER_FAILURE
            raise
        self._failure = None
        rotated = document.get("refresh_token")
        if self._refresh_token and isinstance(rotated, str) and rotated:
            self._refresh_token = rotated

    def _ask(self) -> Mapping[str, Any]:
        """POST the grant; the answer's document. Errors say what the endpoint said, bounded."""
        try:
            with requests.post(
                self._grant.url,
                data=_form(self._grant, self._refresh_token),
                headers={"Accept": "application/json"},
                auth=_unchanged,
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as answer:
                status, body = answer.status_code, self._body(answer)
        except requests.RequestException as error:
            raise _unavailable(f"the token endpoint: {type(error).__name__}") from None
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise _unavailable(f"the token endpoint answered {status}, and no JSON object")
        if status != SUCCESS:
            words = (document.get("error"), document.get("error_description"))
            said = ": ".join(str(word) for word in words if word)
            raise TokenUnavailableError(
                f"the token endpoint answered {status} {_shown(said, self._secrets())}".rstrip(),
                is_transient=not 400 <= status < 500 or status in BUSY,  # noqa: PLR2004 - 4xx
            )
        return document

    def _body(self, answer: requests.Response) -> bytes:
        """Read an answer within its time and size: a slow drip is no answer."""
        deadline = time.monotonic() + ANSWER_SECONDS
        body = b""
        for block in answer.iter_content(4_096):
            body += block
            if len(body) > MAX_ANSWER_OCTETS or time.monotonic() > deadline:
                raise _unavailable("the token endpoint's answer has no end")
        return body

    def _read(self, document: Mapping[str, Any]) -> _Token:
        value = document.get("access_token")
        if not (isinstance(value, str) and 0 < len(value) <= MAX_TOKEN):
            raise _unavailable("the token endpoint's answer has no token")
        if not (value.isascii() and value.isprintable() and " " not in value):
            raise _unavailable("the token is no bearer token (RFC 6750 2.1)")
        kind = document.get("token_type", "Bearer")
        if str(kind).lower() != "bearer":
            raise _unavailable(f"the token is a {_shown(str(kind), ())}, and no bearer token")
        now = self._monotonic()
        life = _life(document.get("expires_in"))
        return _Token(value, now + life - min(MARGIN, life / 5), now + life)

    def _secrets(self) -> tuple[str, ...]:
        secrets = (self._grant.client_secret, self._grant.refresh_token, self._refresh_token)
        return tuple(secret for secret in secrets if secret)


class TokensInTime:
    """A grant's tokens, not waited for beyond the end of our own process; a `TokenSource`.

    HTTP is left behind in its thread then: there is no calling it back.
    """

    def __init__(self, tokens: Tokens, ending: Ending) -> None:
        self._tokens = tokens
        self._ending = ending

    def __call__(self, refused: str = "") -> str:
        """Return a token as `Tokens` does; `StoppedError` once the process has to end."""
        if token := self._tokens.at_hand(refused):
            return token
        had: list[str] = []
        failed: list[TokenUnavailableError] = []

        def ask() -> None:
            try:
                had.append(self._tokens(refused))
            except TokenUnavailableError as error:
                failed.append(error)

        asking = threading.Thread(target=ask, name="token", daemon=True)
        asking.start()
        while asking.is_alive():
            if time.monotonic() >= self._ending.at:
                raise StoppedError("this process ends, and no token came")
            asking.join(LOOK_SECONDS)
        if failed:
            raise failed[0]
        if not had:
            raise _unavailable("the token endpoint could not be asked")
        return had[0]


def _form(grant: TokenGrant, refresh_token: str) -> dict[str, str]:
    """Write the request; `refresh_token` is the newest one, empty if there is none."""
    fields = {
        "grant_type": "refresh_token" if refresh_token else "client_credentials",
        "client_id": grant.client_id,
        "client_secret": grant.client_secret,
        "refresh_token": refresh_token,
        "scope": grant.scope,
    }
    return {name: value for name, value in fields.items() if value}


def _life(said: object) -> float:
    """Read `expires_in`: seconds, which some endpoints write as text."""
    try:
        life = float(str(said))
    except ValueError:
        return USUAL_LIFE
    return life if 0 < life < float("inf") else USUAL_LIFE


def _unavailable(detail: str) -> TokenUnavailableError:
    return TokenUnavailableError(detail, is_transient=True)


def _shown(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, "[redacted]")
    return "".join(each if each.isprintable() else " " for each in text[:300])


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep a netrc file's password off the request."""
    return request
