"""The pages that people read: the contract, and each problem in words."""

import re
from html import escape
from importlib import resources

from service.problems import Problem

_CODE = re.compile(r"`([^`]*)`")


def contract_page() -> bytes:
    """Return the page that shows the OpenAPI document."""
    return own_file("page.html")


def problem_page(problem: Problem) -> bytes:
    """Write the page that a problem's `type` leads to."""
    again = (
        ""
        if problem.retry_after is None or "Retry-After" in problem.remedy
        else "<p>The same request may succeed later: see the header <code>Retry-After</code>.</p>"
    )
    return (
        "<!DOCTYPE html>"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(problem.title)}</title>"
        '<link rel="stylesheet" href="../docs/problem.css">'
        '<link rel="icon" type="image/png" href="../docs/favicon-32x32.png" sizes="32x32">'
        "</head><body><main>"
        f"<p><code>{problem.slug}</code> · status {problem.status.value}"
        f" {escape(problem.status.phrase)}</p>"
        f"<h1>{escape(problem.title)}</h1>"
        f"<h2>What it means</h2><p>{_inline(problem.meaning)}</p>"
        f"<h2>What to do</h2><p>{_inline(problem.remedy)}</p>{again}"
        '<footer><a href="../docs">The HTTP contract</a></footer>'
        "</main></body></html>"
    ).encode()


def own_file(name: str) -> bytes:
    """Read one of the files beside this module."""
    return (resources.files(__package__ or "") / name).read_bytes()


def _inline(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))
