"""AUTH, spoken over a connection (RFC 4954).

1. A token that the relay refuses is replaced once, at once: it may have been
   revoked before its time. A password is tried once.
2. Where the relay's side of an exchange is wrong, nothing else is tried: a weaker
   mechanism would tell an impostor the password.
"""

from typing import Final, assert_never

from pillarbox.domain.reply import Reply
from workers.smtp.auth import (
    CANCEL,
    MAX_EXCHANGES,
    TRY_ANOTHER,
    AnyCredentials,
    CertificateCredentials,
    Credentials,
    ExchangeError,
    External,
    Mechanism,
    TokenCredentials,
    TokenUnavailableError,
    decode_challenge,
    encode_initial,
    encode_response,
    redact,
    secrets_of,
)
from workers.smtp.commands import auth, auth_response, fits_a_line
from workers.smtp.connection import Connection
from workers.smtp.errors import (
    AuthFailedError,
    Fault,
    FaultCode,
    ProtocolViolationError,
    Stage,
    UnreachableError,
)
from workers.smtp.mechanisms import (
    BY_PASSWORD,
    EXTERNAL,
    XOAUTH2,
    choose_mechanisms,
    known_mechanisms,
)
from workers.smtp.xoauth2 import XOAuth2

CREDENTIALS_INVALID: Final = 535
"""RFC 4954 6."""

MAX_RESPONSE_OCTETS: Final = 12_288
"""With its CRLF (RFC 4954 4); long tokens come near."""


def log_in(connection: Connection, credentials: AnyCredentials, *, may_speak: bool) -> None:
    """Authenticate, or raise `AuthFailedError`; no byte of it unless `may_speak`.

    `may_speak` says that the connection is encrypted, or ends on this machine.
    `UnreachableError` if there is no token at the moment.
    """
    if not may_speak:
        raise _unavailable("the connection is not encrypted, and credentials stay here")
    mechanisms = choose_mechanisms(connection.capabilities.auth, credentials)
    if not mechanisms:
        offered = " ".join(connection.capabilities.auth) or "none"
        ours = " ".join(known_mechanisms(credentials))
        raise _unavailable(f"no mechanism in common; ours: {ours}; the relay offers: {offered}")
    match credentials:
        case TokenCredentials():
            _with_token(connection, credentials)
        case CertificateCredentials():
            _with_certificate(connection)
        case Credentials():
            _with_password(connection, credentials, mechanisms)
        case _:
            assert_never(credentials)


def _with_password(
    connection: Connection, credentials: Credentials, mechanisms: tuple[str, ...]
) -> None:
    secrets = secrets_of(credentials)
    for name in mechanisms:
        reply = _exchange(connection, name, BY_PASSWORD[name](credentials), secrets)
        if reply.is_positive:
            return
        if reply.code not in TRY_ANOTHER or name == mechanisms[-1]:
            raise _refused(name, reply)


def _with_certificate(connection: Connection) -> None:
    reply = _exchange(connection, EXTERNAL, External(), ())
    if not reply.is_positive:
        raise _refused(EXTERNAL, reply)


def _with_token(connection: Connection, credentials: TokenCredentials) -> None:
    token = _token(credentials)
    reply = _say_token(connection, credentials, token)
    if reply.code == CREDENTIALS_INVALID and connection.usable:
        fresh = _token(credentials, refused=token)
        if fresh != token:
            reply = _say_token(connection, credentials, fresh)
    if not reply.is_positive:
        raise _refused(XOAUTH2, reply)


def _token(credentials: TokenCredentials, refused: str = "") -> str:
    try:
        return credentials.token(refused)
    except TokenUnavailableError as error:
        fault = Fault(FaultCode.AUTH_UNAVAILABLE, f"no token: {error.detail}")
        kind = UnreachableError if error.is_transient else AuthFailedError
        raise kind(Stage.AUTH, fault) from None


def _say_token(connection: Connection, credentials: TokenCredentials, token: str) -> Reply:
    try:
        mechanism = XOAuth2(credentials.username, token)
    except ExchangeError as error:
        raise _unavailable(str(error)) from None
    return _exchange(connection, XOAUTH2, mechanism, secrets_of(credentials, token))


def _exchange(
    connection: Connection, name: str, mechanism: Mechanism, secrets: tuple[str, ...]
) -> Reply:
    """Speak one exchange to its end, and let no reply show a secret that it echoes."""
    connection.hearing.secrets = secrets
    try:
        reply = _speak(connection, name, mechanism)
        if reply.is_positive:
            mechanism.conclude()
    except ProtocolViolationError as error:
        detail = redact(error.fault.detail, secrets)
        raise ProtocolViolationError(detail) from None  # its cause may quote a secret
    except ExchangeError as error:
        raise _unavailable(f"AUTH {name}: {error}") from None
    return reply


def _speak(connection: Connection, name: str, mechanism: Mechanism) -> Reply:
    """Speak until the relay asks no more; an `ExchangeError` cancels first (RFC 4954 4)."""
    unsaid = mechanism.initial()
    initial = None if unsaid is None else encode_initial(unsaid)
    if initial is not None:
        if fits_a_line(name, initial):
            unsaid = None
        else:
            initial = None
    reply = connection.call(auth(name, initial))
    for _ in range(MAX_EXCHANGES):
        if not reply.is_intermediate:
            return reply
        try:
            answer = mechanism.respond(decode_challenge(reply)) if unsaid is None else unsaid
            encoded = _fitting(answer)
        except ExchangeError:
            connection.call(auth_response(CANCEL))
            raise
        unsaid = None
        reply = connection.call(auth_response(encoded))
    return connection.call(auth_response(CANCEL)) if reply.is_intermediate else reply


def _fitting(answer: bytes) -> bytes:
    encoded = encode_response(answer)
    if len(encoded) + len(b"\r\n") > MAX_RESPONSE_OCTETS:
        raise ExchangeError(f"a response of more than {MAX_RESPONSE_OCTETS} octets")
    return encoded


def _refused(name: str, reply: Reply) -> AuthFailedError:
    fault = Fault(FaultCode.REFUSED, f"the relay refused AUTH {name}")
    return AuthFailedError(Stage.AUTH, fault, reply)


def _unavailable(detail: str) -> AuthFailedError:
    return AuthFailedError(Stage.AUTH, Fault(FaultCode.AUTH_UNAVAILABLE, detail))
