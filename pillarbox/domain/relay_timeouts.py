from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RelayTimeouts:
    """How long each phase of a session with a relay may take, in seconds (RFC 5321 4.5.3.2).

    `connect` is for all addresses with the look-up of the name, `connect_address`
    for one; `data_block` until the system has taken a block of a message; every
    other one is for a reply, or a handshake, whole.
    """

    connect: float = 30.0
    connect_address: float = 10.0
    greeting: float = 300.0
    ehlo: float = 300.0
    starttls: float = 120.0
    tls_handshake: float = 30.0
    auth: float = 120.0
    mail: float = 300.0
    rcpt: float = 300.0
    data: float = 120.0
    data_block: float = 180.0
    end_of_data: float = 600.0
    rset: float = 20.0
    quit: float = 5.0
