"""From a relay as it is configured to a pool of connections to it."""

from collections.abc import Callable
from dataclasses import asdict

from pillarbox.domain.relay import DEFAULT_RELAY, AuthMechanism, Relay
from pillarbox.domain.relay import TlsPolicy as RelayTls
from pillarbox.relay_settings import RELAYS_FILE_VARIABLE
from pillarbox.setting_field import SettingError, variable
from workers.smtp.auth import (
    AnyCredentials,
    CertificateCredentials,
    Credentials,
    TokenCredentials,
)
from workers.smtp.connection import Connection
from workers.smtp.ending import Ending
from workers.smtp.endpoint import ClientCertificate, Endpoint, TlsPolicy
from workers.smtp.errors import ArgumentRefusedError, FileRefusedError
from workers.smtp.opening import Opener
from workers.smtp.pool import Pool, PoolLimits
from workers.smtp.timeouts import Timeouts
from workers.tokens import Tokens, TokensInTime
from workers.verdicts import RefusalWords

_TLS = {
    RelayTls.REQUIRED: TlsPolicy.REQUIRED,
    RelayTls.IMPLICIT: TlsPolicy.IMPLICIT,
    RelayTls.OPPORTUNISTIC: TlsPolicy.OPPORTUNISTIC,
    RelayTls.NONE: TlsPolicy.NONE,
}


Dial = Callable[[], Connection]


def _freely(dial: Dial) -> Dial:
    return dial


def make_pool(
    relay: Relay,
    ehlo_name: str | None,
    opening: Callable[[Dial], Dial] = _freely,
    ending: Ending | None = None,
) -> Pool:
    """Make a relay's pool, which dials through `opening`; nothing is connected.

    Raises `SettingError`.
    """
    limits = PoolLimits(
        size=relay.max_connections,
        idle=relay.idle_timeout,
        age=relay.max_connection_age,
        transactions=relay.max_messages_per_connection,
    )
    try:
        return Pool(
            opening(Opener(make_endpoint(relay, ehlo_name, ending), ending=ending)),
            limits,
            reader=RefusalWords(),
        )
    except FileRefusedError as error:
        raise SettingError(*_place(relay, error)) from None
    except ArgumentRefusedError as error:
        raise SettingError("PILLARBOX_EHLO_NAME", error.reason) from None


def make_endpoint(relay: Relay, ehlo_name: str | None, ending: Ending | None = None) -> Endpoint:
    """Say where and how a relay is connected to; after `ending` no token is waited for."""
    return Endpoint(
        host=relay.host,
        port=relay.port,
        tls=_TLS[relay.tls],
        credentials=_credentials(relay, ending or Ending()),
        ca_file=relay.ca_file,
        client_certificate=_client_certificate(relay),
        ehlo_name=ehlo_name or "",
        timeouts=Timeouts(**asdict(relay.timeouts)),
    )


def _credentials(relay: Relay, ending: Ending) -> AnyCredentials | None:
    if relay.auth is AuthMechanism.EXTERNAL:
        return CertificateCredentials()
    if relay.credentials is None:
        return None
    if relay.token is not None:
        return TokenCredentials(relay.credentials.user, TokensInTime(Tokens(relay.token), ending))
    mechanism = "" if relay.auth is None else relay.auth.value
    return Credentials(relay.credentials.user, relay.credentials.password, mechanism)


def _client_certificate(relay: Relay) -> ClientCertificate | None:
    found = relay.client_certificate
    if found is None:
        return None
    return ClientCertificate(found.cert_file, found.key_file, found.key_password or "")


def _place(relay: Relay, error: FileRefusedError) -> tuple[str, str]:
    """Say where a file was set, and what is wrong with it; a CA of all is the setting's."""
    problem = f"{error.path}: {error.reason}"
    if relay.name == DEFAULT_RELAY:
        return variable(f"relay_{error.field}"), problem
    return RELAYS_FILE_VARIABLE, f"the relay {relay.name}: {error.field}: {problem}"
