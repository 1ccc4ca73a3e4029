"""What the log's line of a request says of the message that it brought."""

from pillarbox.flows.accept import Answer


def log_fields(answer: Answer) -> dict[str, object]:
    """Name the message and where it goes, but no address; of a repeated answer, that it is one."""
    message = answer.message
    if message is None:
        return {"replayed": True}
    return {
        "message_id": message.id,
        "relays": [part.route.relay for part in message.parts()],
        "lane": message.routes[0].route.lane.value,
        "recipients": len(message.recipients),
        "octets": message.size,
    }
