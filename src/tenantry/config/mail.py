"""Reads how mail is sent from the environment, and refuses what can't work or would not be safe."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from tenantry.config.environment import BadEnvironment, number, text
from tenantry.mail import MailServer, MailSetup, Person, Tls
from tenantry.mail.letters import envelope_address

_PORTS = {Tls.STARTTLS: 587, Tls.TLS: 465, Tls.NONE: 25}
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1", re.IGNORECASE)
_HIGHEST_PORT = 65_535
_NO_SERVER = "No mail server is set up: the operator sets TENANTRY_SMTP_HOST."
_NO_ADDRESS = "The address of these pages is not set up: the operator sets TENANTRY_URL."


def mail_setup() -> MailSetup:
    """Return what the environment says about mail. Raises :class:`BadEnvironment` for nonsense.

    Without a server, or without the address that letters link to, nothing is sent and ``lacks`` says why.
    """
    server, url = _server(), public_url()
    lacks = _NO_SERVER if server is None else "" if url else _NO_ADDRESS
    return MailSetup(None if lacks else server, _sender(), url, lacks)


def public_url() -> str:
    """Return the address at which people reach the pages, without a slash at its end; empty when nobody said."""
    value = text("TENANTRY_URL").strip().rstrip("/")
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.path or parts.query or parts.fragment or parts.username:
        raise BadEnvironment(f"TENANTRY_URL is {value!r}; write an address like https://cloud.example.com.")
    return value


def _server() -> MailServer | None:
    host = text("TENANTRY_SMTP_HOST").strip()
    user, password = text("TENANTRY_SMTP_USER").strip(), text("TENANTRY_SMTP_PASSWORD")
    ca_file = text("TENANTRY_SMTP_CA").strip()
    tls = _tls(host)
    port = number("TENANTRY_SMTP_PORT", 0) or _PORTS[tls]
    if not host:
        return None
    if re.search(r"[\s/@]", host):
        raise BadEnvironment(f"TENANTRY_SMTP_HOST is {host!r}; write the name of the mail server alone.")
    if port > _HIGHEST_PORT:
        raise BadEnvironment(f"TENANTRY_SMTP_PORT is {port}; a port is at most {_HIGHEST_PORT}.")
    if bool(user) != bool(password):
        raise BadEnvironment("TENANTRY_SMTP_USER and TENANTRY_SMTP_PASSWORD belong together: set both, or neither.")
    if not (user + password).isascii():
        raise BadEnvironment("TENANTRY_SMTP_USER and TENANTRY_SMTP_PASSWORD may hold plain letters, digits and signs.")
    if user and tls is Tls.NONE and not _LOOPBACK.fullmatch(host):
        raise BadEnvironment("TENANTRY_SMTP_TLS is none: the password would travel readably. Write starttls or tls.")
    if ca_file and not Path(ca_file).is_file():
        raise BadEnvironment(f"TENANTRY_SMTP_CA names {ca_file}, which is no file.")
    return MailServer(host, port, tls, user, password, Path(ca_file) if ca_file else None)


def _tls(host: str) -> Tls:
    usual = Tls.NONE if _LOOPBACK.fullmatch(host) else Tls.STARTTLS
    value = text("TENANTRY_SMTP_TLS").strip().lower() or usual.value
    try:
        return Tls(value)
    except ValueError:
        raise BadEnvironment(f"TENANTRY_SMTP_TLS is {value!r}; write starttls, tls or none.") from None


def _sender() -> Person:
    address = text("TENANTRY_MAIL_FROM", "tenantry@localhost").strip()
    try:
        envelope_address(address)
    except (ValueError, UnicodeError):
        raise BadEnvironment(f"TENANTRY_MAIL_FROM is {address!r}; write a plain e-mail address.") from None
    return Person(address)
