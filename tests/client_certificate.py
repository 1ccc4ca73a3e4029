"""A certificate of a client's own, signed by itself, as relays know them by fingerprint."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class OwnCertificate:
    """The two files, and the SHA-256 by which Postfix knows it (`relay_clientcerts`)."""

    cert_file: Path
    key_file: Path
    fingerprint: str


def make_own_certificate(folder: Path, name: str = "client", password: str = "") -> OwnCertificate:
    """Make a certificate in `folder`; with a password its key is encrypted."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    cert_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    cert_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    how: KeySerializationEncryption = NoEncryption()
    if password:
        how = BestAvailableEncryption(password.encode())
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how))
    return OwnCertificate(
        cert_file, key_file, certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    )
