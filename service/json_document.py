r"""JSON as strictly as the contract wants it (RFC 8259, and RFC 7493 for its doubts).

1. No NaN, no Infinity, no member named twice.
2. `null` means absent: a member that is null is left out, at every level.
3. An object of a caller's has no more than 5,000 members: nothing of the contract
   has, and each further one would cost us more than it costs its sender.
4. A lone surrogate (`\ud800`) is well-formed JSON and no character: it is left
   noted as a fault with its pointer, and replaced.
"""

import json
import re
from collections import Counter
from typing import NoReturn

from service.faults import Faults

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

MAX_MEMBERS = 5000
"""Of one object: more than the 4 KiB of a message's metadata can hold."""

_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""The only way for one to get in: UTF-8 itself has none (RFC 3629 3)."""
_SURROGATE = re.compile("[\ud800-\udfff]")


class MalformedJsonError(ValueError):
    """A body that is no JSON document; `str()` says why."""


def parse_json(text: str, faults: Faults) -> Json:
    """Return the document, its nulls left out, or raise `MalformedJsonError`."""
    try:
        document: Json = _DECODER.decode(text)
        if _ESCAPED_SURROGATE.search(text):
            document = _replace(document, (), faults)
    except MalformedJsonError:
        raise
    except json.JSONDecodeError as error:
        raise MalformedJsonError(
            f"{error.msg}, line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise MalformedJsonError("nested too deeply") from None
    except ValueError:
        # Python refuses integers of more than 4,300 digits.
        raise MalformedJsonError("a number with too many digits") from None
    return document


def _replace(value: Json, path: tuple[str | int, ...], faults: Faults) -> Json:
    match value:
        case str():
            return _replace_text(value, path, faults)
        case dict():
            return {
                _replace_text(name, (*path, name), faults): _replace(each, (*path, name), faults)
                for name, each in value.items()
            }
        case list():
            return [_replace(each, (*path, index), faults) for index, each in enumerate(value)]
        case _:
            return value


def _replace_text(text: str, path: tuple[str | int, ...], faults: Faults) -> str:
    if not _SURROGATE.search(text):
        return text
    faults.in_body(path, "text.lone_surrogate", "holds half of a surrogate pair")
    return _SURROGATE.sub("\ufffd", text)


def _object(members: list[tuple[str, Json]]) -> dict[str, Json]:
    if len(members) > MAX_MEMBERS:
        raise MalformedJsonError(f"an object has more than {MAX_MEMBERS} members")
    document = dict(members)
    if len(document) != len(members):
        [(twice, _)] = Counter(name for name, _ in members).most_common(1)
        raise MalformedJsonError(f"the member {twice[:64]!r} is named twice")
    if None in document.values():
        return {name: value for name, value in members if value is not None}
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJsonError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)
