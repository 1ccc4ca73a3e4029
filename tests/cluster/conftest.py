"""What every release of these tests is made of."""

import pytest

from tests.cluster.image import Image, checkout
from tests.cluster.namespaces import require_namespaces


@pytest.fixture(scope="session")
def image() -> Image:
    """Return the checkout, as if it were the image."""
    require_namespaces()
    return checkout()
