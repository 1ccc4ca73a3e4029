"""A problem as it is sent: `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping, Sequence

import orjson

from pillarbox.domain.errors import Fault
from service.problems import Problem

MEDIA_TYPE = "application/problem+json"


def describe(
    problem: Problem,
    *,
    public_url: str,
    request_id: str,
    detail: str,
    faults: Sequence[Fault] = (),
    members: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Make a problem document; `members` are those that only this kind of problem has."""
    document: dict[str, object] = {
        "type": f"{public_url}/problems/{problem.slug}",
        "title": problem.title,
        "status": problem.status.value,
        "detail": detail,
        "request_id": request_id,
        **(members or {}),
    }
    if faults:
        document["errors"] = [
            {fault.place.value: fault.where, "code": fault.code, "detail": fault.detail}
            for fault in faults
        ]
    return document


def render(
    problem: Problem,
    *,
    public_url: str,
    request_id: str,
    detail: str,
    faults: Sequence[Fault] = (),
    members: Mapping[str, object] | None = None,
) -> bytes:
    """Write a problem document."""
    document = describe(
        problem,
        public_url=public_url,
        request_id=request_id,
        detail=detail,
        faults=faults,
        members=members,
    )
    return orjson.dumps(document)
