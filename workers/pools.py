"""From a relay as it is configured to a pool of connections to it."""

from collections.abc import Callable

from pillarbox.domain.relay import Relay
from pillarbox.domain.relay import TlsPolicy as RelayTls
from pillarbox.settings import SettingError
from workers.smtp.auth import Credentials, TokenCredentials
from workers.smtp.connection import Connection
from workers.smtp.ending import Ending
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.errors import ArgumentRefusedError
from workers.smtp.opening import Opener
from workers.smtp.pool import Pool, PoolLimits
from workers.tokens import Tokens
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
            opening(Opener(make_endpoint(relay, ehlo_name), ending=ending)),
            limits,
            reader=RefusalWords(),
        )
    except OSError as error:
        raise SettingError("PILLARBOX_RELAY_CA_FILE", f"{relay.ca_file}: {error}") from None
    except ArgumentRefusedError as error:
        raise SettingError("PILLARBOX_EHLO_NAME", error.reason) from None


def make_endpoint(relay: Relay, ehlo_name: str | None) -> Endpoint:
    """Say where and how a relay is connected to."""
    return Endpoint(
        host=relay.host,
        port=relay.port,
        tls=_TLS[relay.tls],
        credentials=_credentials(relay),
        ca_file=relay.ca_file,
        ehlo_name=ehlo_name or "",
    )


def _credentials(relay: Relay) -> Credentials | TokenCredentials | None:
    if relay.credentials is None:
        return None
    if relay.token is not None:
        return TokenCredentials(relay.credentials.user, Tokens(relay.token))
    return Credentials(relay.credentials.user, relay.credentials.password)
