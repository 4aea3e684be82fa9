"""A hospital's own small certificate authority: P-256, X.509 v3 as RFC 5280 has it.

It signs two kinds: the verifier's certificate (`serverAuth`) and a terminal's (`clientAuth`).
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kiosk.files import is_private, write_private

AUTHORITY_LIFE = timedelta(days=3650)
LEAF_LIFE = timedelta(days=825)
BACKDATED = timedelta(hours=1)
"""For terminals whose clocks are behind."""

SERVER, TERMINAL = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


class CertificateRefused(Exception):
    """Codes: `tls.exists`, `tls.no_authority`, `tls.key_readable`, `tls.unreadable`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, on disk as two PEM files."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def write(self, certificate: Path, key: Path) -> None:
        """Raise `CertificateRefused` with `tls.exists` rather than replace anything."""
        for path in (certificate, key):
            if path.exists():
                raise CertificateRefused("tls.exists", f"{path} is there; move it away first")
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        write_private(key, self.key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
        certificate.write_bytes(self.certificate.public_bytes(pem))


def make_authority(name: str, at: datetime | None = None) -> Pair:
    """A root that signs leaves only."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _named(name)
    builder = (
        _begun(subject, subject, key, AUTHORITY_LIFE, at)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
    )
    return Pair(builder.sign(key, hashes.SHA256()), key)


def issue(
    authority: Pair,
    name: str,
    purpose: x509.ObjectIdentifier,
    names: Sequence[str],
    at: datetime | None = None,
) -> Pair:
    """A leaf for one purpose. `names` are its host names and IP addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    alternative = x509.SubjectAlternativeName([_general(one) for one in names])
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = (
        _begun(_named(name), issuer.subject, key, LEAF_LIFE, at)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(alternative, critical=False)
        .add_extension(identifier, critical=False)
    )
    return Pair(builder.sign(authority.key, hashes.SHA256()), key)


def load_authority(certificate: Path, key: Path) -> Pair:
    """Ours or the hospital's own. Raises `CertificateRefused`."""
    if not (certificate.is_file() and key.is_file()):
        raise CertificateRefused("tls.no_authority", f"no {certificate} and {key}: run tls ca")
    if not is_private(key):
        raise CertificateRefused("tls.key_readable", f"{key} can be read by others: chmod 600")
    try:
        loaded = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise CertificateRefused("tls.unreadable", f"{key} is no plain PEM key") from error
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise CertificateRefused("tls.unreadable", f"{key} is no elliptic-curve key")
    return Pair(read(certificate), loaded)


def read(path: Path) -> x509.Certificate:
    """Raises `CertificateRefused`."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CertificateRefused("tls.unreadable", f"{path} is no PEM certificate") from error


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    life: timedelta,
    at: datetime | None,
) -> x509.CertificateBuilder:
    start = at or datetime.now(UTC)
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - BACKDATED)
        .not_valid_after(start + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
