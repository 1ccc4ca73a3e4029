import pytest

from tests.unit.workers.smtp.certificates import Authority, make_authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One authority for all tests: keys take time."""
    return make_authority(tmp_path_factory.mktemp("authority"))
