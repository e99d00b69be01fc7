"""The emulator's own certificate authority, server certificate and keys, kept in a folder between runs."""

import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CA_DAYS = 3650
_LEAF_DAYS = 397
_LEFT_DAYS = 7

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Notary:
    """What notifications are signed with: a certificate of the emulator's authority (DER), and its key."""

    certificate: bytes
    key: rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Papers:
    """Everything that identifies one emulator.

    ``ca_file`` is what a client must trust; ``tls`` speaks for the sign-in host; ``signing_key`` signs access
    tokens; ``application_certificate`` and ``application_key`` (PEM) are the web application's credential;
    ``notary`` signs notifications.
    """

    ca_file: Path
    tls: ssl.SSLContext
    signing_key: rsa.RSAPrivateKey
    application_certificate: str
    application_key: str
    notary: Notary


def prepare(home: Path) -> Papers:
    """Return the papers kept in ``home``, making those that are missing, broken or about to expire.

    Private keys are written readable by the owner only. Raises ``OSError`` when ``home`` cannot be written.
    """
    home.mkdir(parents=True, exist_ok=True)
    ca_file, ca_key_file = home / "ca.pem", home / "ca-key.pem"
    server_file, notary_file = home / "server.pem", home / "notary.pem"
    if not (_is_good(ca_file) and _is_good(server_file) and _is_good(notary_file) and ca_key_file.is_file()):
        ca_key = ec.generate_private_key(ec.SECP256R1())
        ca = _authority(ca_key)
        server_key = ec.generate_private_key(ec.SECP256R1())
        server = _server(server_key, ca_key)
        notary_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        _write_private(ca_key_file, _key_pem(ca_key))
        _write_private(notary_file, _pem(_notary(notary_key, ca_key)) + _key_pem(notary_key))
        _write_private(server_file, _pem(server) + _pem(ca) + _key_pem(server_key))
        ca_file.write_bytes(_pem(ca))
    application_file, application_key_file = home / "application.pem", home / "application-key.pem"
    if not (_is_good(application_file) and application_key_file.is_file()):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        _write_private(application_key_file, _key_pem(key))
        application_file.write_bytes(_pem(_self_signed(key)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    return Papers(
        ca_file=ca_file,
        tls=context,
        signing_key=_signing_key(home / "signing-key.pem"),
        application_certificate=application_file.read_text(),
        application_key=application_key_file.read_text(),
        notary=_read_notary(notary_file),
    )


def _read_notary(file: Path) -> Notary:
    content = file.read_bytes()
    certificate = x509.load_pem_x509_certificate(content)
    key = serialization.load_pem_private_key(content, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{file} holds no RSA key.")
    return Notary(certificate.public_bytes(serialization.Encoding.DER), key)


def _is_good(file: Path) -> bool:
    if not file.is_file():
        return False
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except ValueError:
        return False
    left = certificate.not_valid_after_utc - dt.datetime.now(dt.UTC)
    return left > dt.timedelta(days=_LEFT_DAYS)


def _signing_key(file: Path) -> rsa.RSAPrivateKey:
    if file.is_file():
        loaded = serialization.load_pem_private_key(file.read_bytes(), password=None)
        if isinstance(loaded, rsa.RSAPrivateKey):
            return loaded
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    _write_private(file, _key_pem(key))
    return key


def _builder(subject: str, issuer: str, key: Key, days: int, full: x509.Name | None = None) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(full or _name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=days))
    )


_CA_NAME = "Tenantry emulator authority"


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        _builder(_CA_NAME, _CA_NAME, key, _CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server(key: ec.EllipticCurvePrivateKey, ca_key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]
    return _leaf(_builder("localhost", _CA_NAME, key, _LEAF_DAYS), names, ca_key)


def _notary(key: rsa.RSAPrivateKey, ca_key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = "pcnotifications-dispatch.microsoft.com"
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Microsoft Corporation"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    return _leaf(
        _builder(name, _CA_NAME, key, _LEAF_DAYS, subject), [x509.DNSName(name)], ca_key
    )  # fmt: skip


def _leaf(
    builder: x509.CertificateBuilder, alternatives: list[x509.GeneralName], ca_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    names = x509.SubjectAlternativeName(alternatives)
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    return (
        builder.add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = "Tenantry emulated web application"
    return _builder(name, name, key, _CA_DAYS).sign(key, hashes.SHA256())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_private(file: Path, content: bytes) -> None:
    file.touch(mode=0o600, exist_ok=True)
    file.chmod(0o600)
    file.write_bytes(content)
