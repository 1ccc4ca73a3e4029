from service.request_context import REQUEST_ID_HEADER

_DEFAULT_HEADERS = (
    ("Cache-Control", "private, no-cache"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)
"""Of every answer that does not say otherwise."""


def add_default_headers(headers: list[tuple[str, str]], request_id: str) -> None:
    """Add to an answer's headers what every answer has."""
    said = {name for name, _ in headers}
    headers += [each for each in _DEFAULT_HEADERS if each[0] not in said]
    headers.append((REQUEST_ID_HEADER, request_id))
