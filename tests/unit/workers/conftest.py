"""What several tests of the workers stand on."""

import threading
from collections.abc import Iterator

import pytest

from tests.unit.workers.token_endpoint import Endpoint


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Run a token endpoint that answers as the test says."""
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()
