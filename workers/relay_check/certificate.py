import ssl
from datetime import datetime
from typing import TypedDict

from cryptography import x509

from workers.smtp.backend import Stream
from workers.smtp.tls import TlsStream


class CertificateFacts(TypedDict):
    """A relay's certificate, as a person asks for it; times in UTC."""

    subject: str
    issuer: str
    names: list[str]
    not_before: datetime
    not_after: datetime


def certificate_of(stream: Stream) -> CertificateFacts | None:
    """Read the certificate that the relay has shown, verified or not; None without TLS."""
    if not isinstance(stream, TlsStream) or not isinstance(stream.socket, ssl.SSLSocket):
        return None
    der = stream.socket.getpeercert(binary_form=True)
    return None if der is None else _facts(x509.load_der_x509_certificate(der))


def _facts(certificate: x509.Certificate) -> CertificateFacts:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = [str(each.value) for each in extension.value]
    except (x509.ExtensionNotFound, ValueError):
        names = []
    return {
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "names": names,
        "not_before": certificate.not_valid_before_utc,
        "not_after": certificate.not_valid_after_utc,
    }
