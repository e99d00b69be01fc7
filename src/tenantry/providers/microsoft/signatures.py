"""Whether a notification is Microsoft's: its certificate's address, the certificate itself, the signature.

Source: docs/reference/partner-center.md section 10. Everything in the headers is an attacker's until it was checked,
the certificate's address before anything is fetched from it.
"""

import base64
import binascii
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tenantry.providers.errors import ProviderError
from tenantry.providers.http import HttpClient, tls_context
from tenantry.providers.microsoft.clouds import Endpoints
from tenantry.providers.urls import is_loopback

_ORGANISATION = "Microsoft Corporation"
_DOMAIN = ".microsoft.com"
# Where the certificate lies (Microsoft's storage), and where those that issued it do.
_HOSTS = (".microsoft.com", ".blob.core.windows.net")
_ISSUERS = (".microsoft.com", ".digicert.com")
_MOST_ISSUERS = 3
_LONGEST_URL, _LONGEST_CERTIFICATE = 400, 32 * 1024
_KEPT_SECONDS, _REFUSED_SECONDS, _MOST_KEPT = 3600.0, 60.0, 32


class NotSigned(Exception):
    """The notification can't be shown to be Microsoft's. The message is for the log, never for the sender."""


def certified_key(url: str, endpoints: Endpoints, *, now: datetime) -> rsa.RSAPublicKey:
    """Return the key of the certificate at ``url``, which must be Microsoft's. Raises :class:`NotSigned`."""
    if not _may_fetch(url, _HOSTS, also=endpoints.authority):
        raise NotSigned("The certificate's address is none of Microsoft's.")
    http = HttpClient(ca_file=endpoints.ca_file)
    try:
        return _Certificates(http, endpoints).key_at(url, now=now)
    finally:
        http.close()


@dataclass(frozen=True, slots=True)
class _Certificates:
    http: HttpClient
    endpoints: Endpoints

    def key_at(self, url: str, *, now: datetime) -> rsa.RSAPublicKey:
        leaf = self._fetched(url)
        _check_subject(leaf)
        self._check_chain(leaf, now=now)
        key = leaf.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise NotSigned("The certificate has no RSA key.")
        return key

    def _check_chain(self, leaf: x509.Certificate, *, now: datetime) -> None:
        builder = PolicyBuilder().store(Store(_roots(self.endpoints))).time(now)
        verifier = builder.build_server_verifier(x509.DNSName(_name_of(leaf)))
        issuers: list[x509.Certificate] = []
        while True:
            try:
                verifier.verify(leaf, issuers)
            except VerificationError as error:
                onward = _issuer_url(issuers[-1] if issuers else leaf)
                if len(issuers) == _MOST_ISSUERS or not _may_fetch(onward, _ISSUERS):
                    raise NotSigned(f"The certificate leads to no trusted authority: {error}") from error
                issuers.append(self._fetched(onward))
            else:
                return

    def _fetched(self, url: str) -> x509.Certificate:
        try:
            answer = self.http.send("GET", url)
        except ProviderError as error:
            raise NotSigned(f"The certificate can't be fetched: {error.message}") from error
        if answer.status != 200 or len(answer.body) > _LONGEST_CERTIFICATE:  # noqa: PLR2004  # success
            raise NotSigned(f"The certificate can't be fetched: {answer.where} answers {answer.status}.")
        try:
            if answer.body.startswith(b"-----"):
                return x509.load_pem_x509_certificate(answer.body)
            return x509.load_der_x509_certificate(answer.body)
        except ValueError as error:
            raise NotSigned("What lies at the certificate's address is none.") from error


def _may_fetch(url: str, hosts: tuple[str, ...], *, also: str = "") -> bool:
    """Whether the address is https, of one of the hosts, and nothing else: no user, no port, no way around.

    ``also`` is the sign-in that the operator configured: an emulator serves its certificate there.
    """
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable():
        return False
    try:
        parts, own = urlsplit(url), urlsplit(also)
        host = parts.hostname or ""
        if parts.scheme != "https" or parts.username or parts.password:
            return False
        if is_loopback(own.hostname or "") and parts.netloc == own.netloc:
            return True
        return parts.port in {None, 443} and host.endswith(hosts)
    except ValueError:
        return False


def _check_subject(leaf: x509.Certificate) -> None:
    organisations = leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    if [entry.value for entry in organisations] != [_ORGANISATION]:
        raise NotSigned(f"The certificate is not of {_ORGANISATION}.")


def _name_of(leaf: x509.Certificate) -> str:
    """Return the name under which the certificate is checked. Raises :class:`NotSigned` unless it is Microsoft's."""
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return next(name for name in names.get_values_for_type(x509.DNSName) if name.endswith(_DOMAIN))
    except (x509.ExtensionNotFound, ValueError, StopIteration) as error:
        raise NotSigned("The certificate names no host of Microsoft's.") from error


def _issuer_url(certificate: x509.Certificate) -> str:
    """Return where the issuer's certificate lies. Such addresses are written with http; both hosts speak https."""
    try:
        access = certificate.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_INFORMATION_ACCESS).value
    except (x509.ExtensionNotFound, ValueError):
        return ""
    assert isinstance(access, x509.AuthorityInformationAccess)  # noqa: S101  # asked for by that id
    for entry in access:
        if entry.access_method == AuthorityInformationAccessOID.CA_ISSUERS:
            return str(entry.access_location.value).replace("http://", "https://", 1)
    return ""


def _roots(endpoints: Endpoints) -> list[x509.Certificate]:
    context = tls_context(endpoints.ca_file)
    both = zip(context.get_ca_certs(), context.get_ca_certs(binary_form=True), strict=True)
    # Some old roots have a serial number of nought, which is against the rules. None of them is Microsoft's.
    return [
        x509.load_der_x509_certificate(content) for facts, content in both if int(str(facts["serialNumber"]), 16) > 0
    ]


_kept: dict[tuple[str, str], tuple[rsa.RSAPublicKey | NotSigned, float]] = {}
_lock = threading.Lock()


def _cached_key(
    url: str, fetch: Callable[[], rsa.RSAPublicKey], realm: str
) -> rsa.RSAPublicKey:  # fmt: skip
    """Return the key, fetched at most once an hour; a refusal is remembered for a minute."""
    with _lock:
        kept = _kept.get((realm, url))
    if kept is None or kept[1] < time.monotonic():
        try:
            kept = (fetch(), time.monotonic() + _KEPT_SECONDS)
        except NotSigned as refusal:
            kept = (refusal, time.monotonic() + _REFUSED_SECONDS)
        with _lock:
            if len(_kept) >= _MOST_KEPT:
                _kept.clear()
            _kept[realm, url] = kept
    if isinstance(kept[0], NotSigned):
        raise kept[0]
    return kept[0]


def check_signature(
    headers: Mapping[str, str], body: bytes, endpoints: Endpoints, *, now: datetime
) -> None:  # fmt: skip
    """Return if ``body``, to the byte, was signed by Microsoft. ``headers`` have lower-case names.

    Raises :class:`NotSigned`. Talks HTTP, at most once an hour for each certificate.
    """
    if headers.get("x-ms-signature-algorithm", "").lower() != "rsa-sha256":
        raise NotSigned("The signature's algorithm is not rsa-sha256.")
    scheme, _, mark = headers.get("authorization", "").partition(" ")
    signature = mark if scheme.lower() == "signature" else headers.get("x-ms-signature", "")
    try:
        plain = base64.b64decode(signature.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotSigned("The signature is not base64.") from error
    if not plain:
        raise NotSigned("There is no signature.")
    url = headers.get("x-ms-certificate-url", "")
    realm = f"{endpoints.authority} {endpoints.ca_file}"
    key = _cached_key(url[: _LONGEST_URL + 1], lambda: certified_key(url, endpoints, now=now), realm)
    try:
        key.verify(plain, body, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature as error:
        raise NotSigned("The signature is not over this body.") from error
