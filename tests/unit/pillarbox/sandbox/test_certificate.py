"""The certificate is kept while it is good, and made anew when it is not."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pillarbox.sandbox.certificate import RENEWAL, VALIDITY, Certificate, keep_certificate

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def _bytes(certificate: Certificate) -> list[bytes]:
    files = (certificate.ca_file, certificate.certificate_file, certificate.key_file)
    return [path.read_bytes() for path in files]


def test_it_is_made_once(tmp_path: Path) -> None:
    first = _bytes(keep_certificate(tmp_path / "tls", now=NOW))
    assert _bytes(keep_certificate(tmp_path / "tls", now=NOW + timedelta(days=1))) == first


def test_nobody_else_reads_the_key(tmp_path: Path) -> None:
    certificate = keep_certificate(tmp_path, now=NOW)
    assert stat.S_IMODE(certificate.key_file.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ca.pem",
        "certificate.pem",
        "key.pem",
    ]


def test_it_is_renewed_before_it_expires(tmp_path: Path) -> None:
    first = _bytes(keep_certificate(tmp_path, now=NOW))
    almost = NOW + VALIDITY - RENEWAL
    assert _bytes(keep_certificate(tmp_path, now=almost - timedelta(seconds=1))) == first
    assert _bytes(keep_certificate(tmp_path, now=almost)) != first


@pytest.mark.parametrize("name", ["ca.pem", "certificate.pem", "key.pem"])
@pytest.mark.parametrize("damage", ["gone", "broken", "of another"])
def test_what_does_not_fit_together_is_made_anew(tmp_path: Path, name: str, damage: str) -> None:
    keep_certificate(tmp_path / "tls", now=NOW)
    path = tmp_path / "tls" / name
    if damage == "gone":
        path.unlink()
    elif damage == "broken":
        path.write_bytes(path.read_bytes()[:50])
    else:
        keep_certificate(tmp_path / "other", now=NOW)
        path.write_bytes((tmp_path / "other" / name).read_bytes())
    certificate = keep_certificate(tmp_path / "tls", now=NOW)
    certificate.server_context()
    assert _bytes(keep_certificate(tmp_path / "tls", now=NOW)) == _bytes(certificate)


def test_other_names_want_another_certificate(tmp_path: Path) -> None:
    first = _bytes(keep_certificate(tmp_path, now=NOW))
    assert _bytes(keep_certificate(tmp_path, names=["sandbox.internal"], now=NOW)) != first
