"""The settings of what goes towards relays, and the relays that they come to.

1. One relay is given by its URL and the settings beside it, several by a file;
   what belongs to the one is refused beside the other.
2. Without an environment no secret is looked for: only who connects to a relay
   needs its password.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

from pillarbox.domain.relay import (
    AuthMechanism,
    ClientCertificate,
    Relay,
    RelayFieldError,
    RelayUrlError,
    parse_relay_url,
)
from pillarbox.domain.relay_timeouts import RelayTimeouts
from pillarbox.relays_file import RelaysFile, RelaysFileError, read_relays_file
from pillarbox.secret_file import SecretFileError, read_secret
from pillarbox.setting_field import SettingError, setting, variable
from pillarbox.setting_values import one_of, path, seconds, text, whole

RELAYS_FILE_VARIABLE: Final = "PILLARBOX_RELAYS_FILE"

OF_ONE_RELAY: Final = (
    "relay_password_file",
    "relay_auth",
    "relay_client_cert_file",
    "relay_client_key_file",
    "relay_client_key_password_file",
)
"""What stands beside a URL; in a file of relays each has its own."""

_UNREAD: Final = "unread"
_TIMEOUT: Final = "smtp_timeout_"
_phase = seconds(0.1, 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """What can be set of relays. Times are seconds."""

    relay_url: str | None = setting(
        None,
        text,
        "The relay: `smtp+starttls://user:password@host:587` (verified), `smtps://…:465`,"
        " `smtp+opportunistic://…` or `smtp://…` (no TLS; AUTH only to loopback)."
        " Default for `pillarbox up`: a sandbox relay.",
        secret=True,
    )
    relays_file: Path | None = setting(
        None,
        path,
        "A TOML file that names several relays and the routes to them, instead of"
        " `PILLARBOX_RELAY_URL`.",
    )
    relay_password_file: Path | None = setting(
        None, path, "A file whose first line is the password of the URL's user."
    )
    relay_auth: str | None = setting(
        None,
        one_of(*AuthMechanism),
        f"The one mechanism of AUTH to use: {', '.join(f'`{each}`' for each in AuthMechanism)}."
        " Default: the best that the relay offers.",
    )
    relay_ca_file: Path | None = setting(
        None, path, "A further CA file (PEM) to trust when the relay's certificate is verified."
    )
    relay_client_cert_file: Path | None = setting(
        None, path, "Our own certificate (PEM, its chain behind it), for a relay that asks for one."
    )
    relay_client_key_file: Path | None = setting(
        None, path, "The private key (PEM) of that certificate."
    )
    relay_client_key_password_file: Path | None = setting(
        None, path, "A file whose first line is the password of that key, if it is encrypted."
    )
    relay_connections: int = setting(
        8, whole(1, 1000), "Connections to the relay at one time, of all workers together."
    )
    relay_messages_per_connection: int = setting(
        500, whole(1, 1_000_000), "Messages after which a connection is closed."
    )
    relay_idle_timeout: float = setting(
        5.0, seconds(0, 3600), "How long an unused connection is kept."
    )
    ehlo_name: str | None = setting(
        None,
        text,
        "The name in EHLO (RFC 5321 4.1.1.1). Default: the address literal of the connection.",
    )
    smtp_timeout_connect: float = setting(
        30.0, _phase, "For a connection to any address of the relay, its name's look-up included."
    )
    smtp_timeout_connect_address: float = setting(
        10.0, _phase, "For one address, before the next is tried."
    )
    smtp_timeout_greeting: float = setting(300.0, _phase, "For the relay's greeting.")
    smtp_timeout_ehlo: float = setting(300.0, _phase, "For the reply to EHLO or HELO.")
    smtp_timeout_starttls: float = setting(120.0, _phase, "For the reply to STARTTLS.")
    smtp_timeout_tls_handshake: float = setting(30.0, _phase, "For the whole TLS handshake.")
    smtp_timeout_auth: float = setting(120.0, _phase, "For each reply within AUTH.")
    smtp_timeout_mail: float = setting(300.0, _phase, "For the reply to MAIL.")
    smtp_timeout_rcpt: float = setting(300.0, _phase, "For the reply to each RCPT.")
    smtp_timeout_data: float = setting(120.0, _phase, "For the reply to DATA.")
    smtp_timeout_data_block: float = setting(
        180.0, _phase, "For the relay to take a block of a message, and for a reply within BDAT."
    )
    smtp_timeout_end_of_data: float = setting(
        600.0,
        _phase,
        "For the verdict on a message. A message given up here is `uncertain`, and may be"
        " sent twice: better too long than too short.",
    )
    smtp_timeout_rset: float = setting(20.0, _phase, "For the reply to RSET.")
    smtp_timeout_quit: float = setting(5.0, _phase, "For the reply to QUIT.")

    @property
    def has_relay(self) -> bool:
        """Whether a relay is configured, by URL or by file."""
        return self.relay_url is not None or self.relays_file is not None

    @property
    def timeouts(self) -> RelayTimeouts:
        """How long each phase may take, of every relay that says nothing else."""
        named = {each.name: getattr(self, _TIMEOUT + each.name) for each in fields(RelayTimeouts)}
        return RelayTimeouts(**named)

    def relays(self, environment: Mapping[str, str] | None) -> RelaysFile:
        """Return the relays by name and their routes; none if none is configured.

        Without an `environment` secrets are left out. Raises `SettingError`.
        """
        if self.relays_file is not None:
            return self._by_file(self.relays_file, environment)
        for name in OF_ONE_RELAY:
            if self.relay_url is None and getattr(self, name) is not None:
                raise SettingError(
                    variable(name), "goes with PILLARBOX_RELAY_URL, which is not set"
                )
        if self.relay_url is None:
            return RelaysFile({}, ())
        relay = self._by_url(self.relay_url, has_secrets=environment is not None)
        return RelaysFile({relay.name: relay}, ())

    def _by_file(self, path: Path, environment: Mapping[str, str] | None) -> RelaysFile:
        if self.relay_url is not None:
            raise SettingError(
                RELAYS_FILE_VARIABLE, "PILLARBOX_RELAY_URL is set too; only one can be"
            )
        for name in OF_ONE_RELAY:
            if getattr(self, name) is not None:
                raise SettingError(
                    variable(name), "goes with PILLARBOX_RELAY_URL; a [[relay]] has its own field"
                )
        try:
            found = read_relays_file(path, environment, self.timeouts)
        except RelaysFileError as error:
            raise SettingError(RELAYS_FILE_VARIABLE, str(error)) from None
        relays = {
            name: relay if relay.ca_file else replace(relay, ca_file=self.relay_ca_file)
            for name, relay in found.relays.items()
        }
        return RelaysFile(relays, found.rules)

    def _by_url(self, url: str, *, has_secrets: bool) -> Relay:
        password = self._secret("relay_password_file", has_secrets=has_secrets)
        try:
            relay = parse_relay_url(url, password=password)
        except RelayUrlError as error:
            raise SettingError("PILLARBOX_RELAY_URL", str(error)) from None
        try:
            return replace(
                relay,
                auth=None if self.relay_auth is None else AuthMechanism(self.relay_auth),
                ca_file=self.relay_ca_file,
                client_certificate=self._client_certificate(has_secrets=has_secrets),
                max_connections=self.relay_connections,
                max_messages_per_connection=self.relay_messages_per_connection,
                idle_timeout=self.relay_idle_timeout,
                timeouts=self.timeouts,
            )
        except RelayFieldError as error:
            raise SettingError(variable(f"relay_{error.field}"), error.problem) from None

    def _client_certificate(self, *, has_secrets: bool) -> ClientCertificate | None:
        cert_file, key_file = self.relay_client_cert_file, self.relay_client_key_file
        password = self._secret("relay_client_key_password_file", has_secrets=has_secrets)
        if cert_file is None:
            for name in ("relay_client_key_file", "relay_client_key_password_file"):
                if getattr(self, name) is not None:
                    raise SettingError(variable(name), "without PILLARBOX_RELAY_CLIENT_CERT_FILE")
            return None
        if key_file is None:
            raise SettingError(
                "PILLARBOX_RELAY_CLIENT_CERT_FILE", "wants PILLARBOX_RELAY_CLIENT_KEY_FILE too"
            )
        return ClientCertificate(cert_file, key_file, password)

    def _secret(self, name: str, *, has_secrets: bool) -> str | None:
        path = getattr(self, name)
        if path is None:
            return None
        if not has_secrets:
            return _UNREAD
        try:
            return read_secret(path)
        except SecretFileError as error:
            raise SettingError(variable(name), str(error)) from None
