"""The certificate of a local relay, and the authority that a worker trusts for it.

1. The authority signs one certificate and its key is then forgotten: a file that
   somebody told their machine to trust can vouch for nothing else, ever.
2. What lies in the folder is used again only if it is whole: the key fits the
   certificate, the authority signed it, the names are those asked for, and it
   does not expire soon. Otherwise all of it is made anew.
"""

import ipaddress
import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

VALIDITY = timedelta(days=365)
"""A year: longer than a development machine goes without a restart, and under the
398 days that clients accept of a server's certificate."""

RENEWAL = timedelta(days=14)
"""Renewed when less than this is left, so that a relay which then runs for days stays valid."""

CLOCK_SKEW = timedelta(hours=1)
"""How far in the past it begins, for a client whose clock is behind."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where the files are, each PEM: the authority to trust, the certificate, its key (0600)."""

    ca_file: Path
    certificate_file: Path
    key_file: Path

    def server_context(self) -> ssl.SSLContext:
        """Make the context of a server that shows this certificate: TLS 1.2 or later."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate_file, self.key_file)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Make the context of a client that trusts this authority and no other."""
        return ssl.create_default_context(cafile=str(self.ca_file))


def keep_certificate(
    folder: Path, *, names: Iterable[str] = LOOPBACK_NAMES, now: datetime | None = None
) -> Certificate:
    """Find the folder's certificate for these names, or make it; `now` is for tests of renewal.

    Names are host names or IP addresses (RFC 6125 and RFC 5280 4.2.1.6). Raises
    `OSError` if the folder cannot be written.
    """
    moment = now or datetime.now(UTC)
    wanted = x509.SubjectAlternativeName([_general_name(name) for name in names])
    certificate = Certificate(folder / "ca.pem", folder / "certificate.pem", folder / "key.pem")
    if not _is_good(certificate, wanted, moment):
        folder.mkdir(parents=True, exist_ok=True)
        _make(certificate, wanted, moment)
    return certificate


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _is_good(certificate: Certificate, wanted: x509.SubjectAlternativeName, now: datetime) -> bool:
    """Rule 2."""
    try:
        authority = x509.load_pem_x509_certificate(certificate.ca_file.read_bytes())
        leaf = x509.load_pem_x509_certificate(certificate.certificate_file.read_bytes())
        key = load_pem_private_key(certificate.key_file.read_bytes(), password=None)
        leaf.verify_directly_issued_by(authority)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return (
        key.public_key() == leaf.public_key()
        and names == wanted
        and leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc - RENEWAL
    )


def _make(certificate: Certificate, names: x509.SubjectAlternativeName, now: datetime) -> None:
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("Pillarbox sandbox authority")
    authority_id = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    authority = (
        _builder(authority_name, authority_name, authority_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(authority_id, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = (
        _builder(_name("Pillarbox sandbox relay"), authority_name, key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(names, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority_id),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _replace(certificate.key_file, secret, mode=0o600)
    _replace(certificate.certificate_file, leaf.public_bytes(Encoding.PEM), mode=0o644)
    _replace(certificate.ca_file, authority.public_bytes(Encoding.PEM), mode=0o644)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + VALIDITY)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _replace(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file in one step, never readable by more than `mode` allows."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)
