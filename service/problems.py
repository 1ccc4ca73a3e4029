"""What can go wrong, each as a problem (RFC 9457), in words for callers.

1. A slug is part of the contract and never changes; the page at
   `/problems/<slug>` is made from the same entry.
2. When it is answered, `service.problem_index` says.
"""

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of problem. `meaning` and `remedy` are for the page that explains it."""

    slug: str
    status: HTTPStatus
    title: str
    meaning: str
    remedy: str
    retry_after: int | None = None
    """Seconds; None if repeating the same request is no use."""


_AGAIN = (
    "Repeat it with the same Idempotency-Key after the seconds in Retry-After. Without such a key"
    " a repeat may send twice."
)

BAD_REQUEST = Problem(
    "bad-request",
    HTTPStatus.BAD_REQUEST,
    "The request cannot be read",
    "The request is not well-formed HTTP, or its body ended before it was whole.",
    "Look at what the client sends; the detail says where reading stopped.",
)
MALFORMED_BODY = Problem(
    "malformed-body",
    HTTPStatus.BAD_REQUEST,
    "The body cannot be read",
    "The body is not JSON in UTF-8 (RFC 8259), names a member twice, is nested too deeply, or is"
    " not what its Content-Encoding says.",
    "Build the body with a JSON library rather than by hand.",
)
UNAUTHENTICATED = Problem(
    "unauthenticated",
    HTTPStatus.UNAUTHORIZED,
    "A valid API key is needed",
    "The request carries no API key, or one that is not known or was revoked.",
    "Send the header `Authorization: Bearer pb_<id>_<secret>`.",
)
SCOPE_MISSING = Problem(
    "scope-missing",
    HTTPStatus.FORBIDDEN,
    "The API key lacks the scope",
    "The key is valid but may not do this.",
    "Use a key with the scope that the detail names.",
)
SENDER_NOT_ALLOWED = Problem(
    "sender-not-allowed",
    HTTPStatus.FORBIDDEN,
    "The API key may not send as this sender",
    "From and the envelope sender must each be among the key's senders.",
    "Send from an address that the key lists, or use a key that lists this one.",
)
FORBIDDEN = Problem(
    "forbidden",
    HTTPStatus.FORBIDDEN,
    "The request is not allowed",
    "The connection it came over may not make it.",
    "Ask whoever runs this installation.",
)
NOT_FOUND = Problem(
    "not-found",
    HTTPStatus.NOT_FOUND,
    "There is no such thing",
    "Nothing has this URL, or it belongs to another key; which of them is not told.",
    "Check the path and the id; a key with the scope `manage` sees every key's messages.",
)
CONTENT_PURGED = Problem(
    "content-purged",
    HTTPStatus.GONE,
    "The content of the message is no longer kept",
    "Bodies and attachments are purged by age, and when a recipient is erased; what became of the"
    " message is kept longer.",
    "Ask for the message itself, or keep the content where you send from.",
)
METHOD_NOT_ALLOWED = Problem(
    "method-not-allowed",
    HTTPStatus.METHOD_NOT_ALLOWED,
    "The method is not allowed here",
    "The URL exists, and does not know this method.",
    "Use one of the methods in the header Allow.",
)
REQUEST_TIMEOUT = Problem(
    "request-timeout",
    HTTPStatus.REQUEST_TIMEOUT,
    "The request did not arrive in time",
    "The rest of the request did not come while the server waited for it. Nothing was accepted.",
    "Repeat it; if it happens often, send smaller requests or over a better line.",
)
IDEMPOTENCY_KEY_BUSY = Problem(
    "idempotency-key-busy",
    HTTPStatus.CONFLICT,
    "The first call with this Idempotency-Key is still under way",
    "Another request with the same Idempotency-Key came first and has not ended yet.",
    "Repeat the request after the seconds in Retry-After; it is then given the first one's answer.",
    retry_after=1,
)
NOTHING_TO_CANCEL = Problem(
    "nothing-to-cancel",
    HTTPStatus.CONFLICT,
    "There is nothing to cancel",
    "Every recipient has ended, is being sent at this moment, or is tried again by itself since"
    " nobody knows whether the relay has it.",
    "Look at the recipients. What is being sent may be `deferred` in a moment, and can be cancelled"
    " then.",
)
NOTHING_TO_RETRY = Problem(
    "nothing-to-retry",
    HTTPStatus.CONFLICT,
    "There is nothing to try again",
    "Nobody is `deferred` or held `uncertain`, the message's body is no longer kept, or a recipient"
    " that was named never is tried again: `errors` then says which.",
    "Name the recipients that are `bounced`, `expired` or `cancelled` in"
    ' `{"recipients": ["ada@example.com"]}`. To send once more to somebody whose mail is `sent`,'
    " send a new message.",
)
PRECONDITION_FAILED = Problem(
    "precondition-failed",
    HTTPStatus.PRECONDITION_FAILED,
    "It is not what the request expects",
    "The header If-Match names none of the states in which this is now; it has changed since.",
    "Ask for it anew without If-Match, and go on from there.",
)
REQUEST_TOO_LARGE = Problem(
    "request-too-large",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "The request is too large",
    "The body is larger than this installation takes; a compressed one counts as inflated.",
    "Send less at once; link to large files rather than attaching them.",
)
MESSAGE_TOO_LARGE = Problem(
    "message-too-large",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "The message is too large",
    "The message, encoded for the wire, is larger than this installation takes. Base64 makes"
    " attachments a good third larger than their files.",
    "Link to large files rather than attaching them.",
)
URI_TOO_LONG = Problem(
    "uri-too-long",
    HTTPStatus.REQUEST_URI_TOO_LONG,
    "The URL is too long",
    "The first line of the request is longer than the server reads.",
    "Use fewer filters.",
)
UNSUPPORTED_MEDIA_TYPE = Problem(
    "unsupported-media-type",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "The body's media type is not taken",
    "The body's Content-Type is missing or none of those in the header Accept.",
    "Send `Content-Type: application/json`.",
)
UNSUPPORTED_CONTENT_ENCODING = Problem(
    "unsupported-content-encoding",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "The body's content encoding is not taken",
    "The body's Content-Encoding is none of those in the header Accept-Encoding.",
    "Send the body as it is, or compressed with gzip, once.",
)
EXPECTATION_FAILED = Problem(
    "expectation-failed",
    HTTPStatus.EXPECTATION_FAILED,
    "The expectation cannot be met",
    "The header Expect asks for something other than 100-continue.",
    "Leave the header out.",
)
INVALID_INPUT = Problem(
    "invalid-input",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The request says something that cannot be",
    "The request is well-formed, and `errors` names every fault of it: each with a pointer into"
    " the body, or the parameter or header at fault, a code for programs and a sentence for"
    " people.",
    "Correct what `errors` names. Unknown members and parameters are faults too, so that a"
    " misspelt one is never ignored.",
)
BATCH_REFUSED = Problem(
    "batch-refused",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "Nothing of the batch was accepted",
    "Every message was refused, or with `atomic` at least one. `results` names each that was, with"
    " its own problem, and `errors` all their faults, with pointers into the whole request.",
    "Correct what `results` names. Without `atomic` each message stands alone.",
)
IDEMPOTENCY_KEY_REUSED = Problem(
    "idempotency-key-reused",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The Idempotency-Key was used for another request",
    "An earlier request with this Idempotency-Key was accepted, and said something else.",
    "Make a new Idempotency-Key for each message, and keep it for that message's repeats.",
)
HEADERS_TOO_LARGE = Problem(
    "headers-too-large",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "The request's header is too large",
    "There are more header fields, or longer ones, than the server reads.",
    "Send fewer and shorter headers.",
)
INTERNAL_ERROR = Problem(
    "internal-error",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "Something went wrong here",
    "A fault of ours. The request is not known to be accepted.",
    f"{_AGAIN} If it goes on, tell whoever runs this installation the request_id.",
    retry_after=5,
)
NOT_IMPLEMENTED = Problem(
    "not-implemented",
    HTTPStatus.NOT_IMPLEMENTED,
    "The transfer coding is not known",
    "The header Transfer-Encoding names a coding that the server does not know.",
    "Send the body with a Content-Length, or chunked.",
)
STORE_UNAVAILABLE = Problem(
    "store-unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The store does not answer",
    "The request is not known to be accepted.",
    _AGAIN,
    retry_after=2,
)
TOO_MANY_LARGE_REQUESTS = Problem(
    "too-many-large-requests",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "There is no room for another large request now",
    "Other large requests are under way, and as many wait as may. Nothing was accepted.",
    "Repeat it after the seconds in Retry-After, and send fewer large requests at one time.",
    retry_after=2,
)
NOT_READY = Problem(
    "not-ready",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "This process is not ready",
    "Something that it cannot do without does not answer; `dependencies` names it.",
    "Nothing, if it passes. Otherwise look at what `dependencies` shows as down and fatal.",
    retry_after=5,
)
