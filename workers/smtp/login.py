"""AUTH, spoken over a connection (RFC 4954)."""

from pillarbox.domain.reply import Reply
from workers.smtp.auth import (
    CANCEL,
    MAX_EXCHANGES,
    MECHANISMS,
    TRY_ANOTHER,
    Credentials,
    choose_mechanisms,
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
)


def log_in(connection: Connection, credentials: Credentials, *, may_speak: bool) -> None:
    """Authenticate, or raise `AuthFailedError`; no byte of it unless `may_speak`.

    `may_speak` says that the connection is encrypted, or ends on this machine.
    """
    if not may_speak:
        raise _unavailable("the connection is not encrypted, and credentials stay here")
    mechanisms = choose_mechanisms(connection.capabilities.auth)
    if not mechanisms:
        offered = " ".join(connection.capabilities.auth) or "none"
        raise _unavailable(f"no mechanism in common; the relay offers: {offered}")
    for name in mechanisms:
        try:
            reply = _exchange(connection, name, credentials)
        except ProtocolViolationError as error:
            detail = redact(error.fault.detail, secrets_of(credentials))
            raise ProtocolViolationError(detail) from None  # its cause may quote a secret
        if reply.is_positive:
            return
        if reply.code not in TRY_ANOTHER or name == mechanisms[-1]:
            fault = Fault(FaultCode.REFUSED, f"the relay refused AUTH {name}")
            raise AuthFailedError(Stage.AUTH, fault, reply)


def _exchange(connection: Connection, name: str, credentials: Credentials) -> Reply:
    mechanism = MECHANISMS[name](credentials)
    response = mechanism.initial()
    initial = None if response is None else encode_initial(response)
    if initial is not None and not fits_a_line(name, initial):
        initial = None
    reply = connection.call(auth(name, initial))
    for _ in range(MAX_EXCHANGES):
        if not reply.is_intermediate:
            return reply
        answer = mechanism.respond(decode_challenge(reply))
        reply = connection.call(auth_response(encode_response(answer)))
    return connection.call(auth_response(CANCEL)) if reply.is_intermediate else reply


def _unavailable(detail: str) -> AuthFailedError:
    return AuthFailedError(Stage.AUTH, Fault(FaultCode.AUTH_UNAVAILABLE, detail))
