"""The pages that people read: whole by themselves, and no other host is asked."""

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest

from service import docs
from tests.unit.service.published import CheckedClient

PAGES = ("/docs", "/problems/not-found")
ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "start.js", "problem.css")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_only_what_stands_beside_it(client: CheckedClient, path: str) -> None:
    response = client.get(path)

    linked = re.findall(r'(?:src|href)="([^"]+)"', response.text)
    assert linked
    for reference in linked:
        assert "//" not in reference
        assert 200 == client.get(urljoin(path, reference)).status_code


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_no_inline_script_and_reaches_no_other_host(
    client: CheckedClient, path: str
) -> None:
    response = client.get(path)

    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert "http" not in policy
    assert "<script>" not in response.text


def test_no_validator_is_asked(client: CheckedClient) -> None:
    """Swagger UI would send the document's address to a public service."""
    assert "validatorUrl: null" in client.get("/docs/start.js").text


@pytest.mark.parametrize("name", ASSETS)
def test_an_asset_has_its_type_and_is_not_sent_twice(client: CheckedClient, name: str) -> None:
    response = client.get(f"/docs/{name}")

    assert 200 == response.status_code
    assert "nosniff" == response.headers["X-Content-Type-Options"]
    again = client.get(f"/docs/{name}", headers={"If-None-Match": response.headers["ETag"]})
    assert 304 == again.status_code


@pytest.mark.parametrize("name", ["page.html", "..%2fresources.py", "swagger-ui.js", "x"])
def test_nothing_else_is_given_away(client: CheckedClient, name: str) -> None:
    """401 where it is no route of ours, 404 where it is."""
    assert client.get(f"/docs/{name}").status_code in {401, 404}


def test_the_pages_files_are_among_those_that_an_installation_takes() -> None:
    """The packaging takes `*.html`, `*.css` and `*.js` of a package's own folder, no deeper."""
    folder = Path(docs.__file__).parent

    assert {"page.html", "problem.css", "start.js"} == {
        path.name for path in folder.iterdir() if path.suffix in {".html", ".css", ".js"}
    }
