"""Domains, e-mail addresses and web addresses as people and directories write them, brought to one form each."""

import re
import unicodedata
from urllib.parse import urlsplit

LONGEST_DOMAIN = 253
LONGEST_EMAIL = 254
_LONGEST_MAILBOX = 64
_LONGEST_LABEL = 63
_PREFIX = "xn--"
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?")
_MAILBOX = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_WRITABLE = ("L", "M", "Nd")
_MIDDLE_DOTS = {"\u00b7", "\u30fb"}  # Catalan and katakana names have them inside


def clean_domain(text: str) -> str | None:
    """Return a domain in lower case and ASCII (``xn--…`` for other scripts), or ``None`` if it is none.

    What people paste around one goes: blanks, a scheme, a path, a final point. An IP address is no domain.
    """
    value = unicodedata.normalize("NFKC", text).strip().lower().replace("\u3002", ".")
    value = re.sub(r"^https?://", "", value).split("/", 1)[0].removesuffix(".")
    labels = [_ascii_label(label) for label in value.split(".")]
    if len(labels) < 2 or any(label is None for label in labels):  # noqa: PLR2004  # a name and its ending
        return None
    domain = ".".join(label for label in labels if label is not None)
    return domain if len(domain) <= LONGEST_DOMAIN and not domain.rsplit(".", 1)[1].isdigit() else None


def _ascii_label(label: str) -> str | None:
    if label.isascii():
        return label if _LABEL.fullmatch(label) and _decoded(label) is not None else None
    label = unicodedata.normalize("NFC", label)
    if not all(char == "-" or char in _MIDDLE_DOTS or _writable(char) for char in label):
        return None
    encoded = _PREFIX + label.encode("punycode").decode("ascii")
    return encoded if len(encoded) <= _LONGEST_LABEL and not label.startswith("-") else None


def _writable(char: str) -> bool:
    return unicodedata.category(char).startswith(_WRITABLE)


def _decoded(label: str) -> str | None:
    if not label.startswith(_PREFIX):
        return label
    try:
        return label[len(_PREFIX) :].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return None


def readable_domain(domain: str) -> str:
    """Return a domain from :func:`clean_domain` in its own script, or as it is where that can't be written."""
    shown = ".".join(_decoded(label) or label for label in domain.split("."))
    return shown if shown.isprintable() and clean_domain(shown) == domain else domain


def clean_email(text: str) -> str | None:
    """Return an e-mail address in lower case with its domain in ASCII, or ``None`` if it is none.

    Mailboxes of other scripts are refused: most mail servers can't be asked to deliver to them.
    """
    mailbox, at, domain = text.strip().lower().rpartition("@")
    if not at or len(mailbox) > _LONGEST_MAILBOX or not _MAILBOX.fullmatch(mailbox) or "/" in domain:
        return None
    cleaned = clean_domain(domain)
    email = f"{mailbox}@{cleaned}"
    return email if cleaned and len(email) <= LONGEST_EMAIL else None


def clean_website(text: str) -> str | None:
    """Return a web address with its scheme, or ``None`` for what is no http or https address of a domain."""
    value = text.strip()
    if not value.isprintable() or " " in value:
        return None
    value = value if "://" in value else f"https://{value}"
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    domain = clean_domain(host)
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or domain is None:
        return None
    place = f"{domain}:{port}" if port else domain
    return parts._replace(netloc=place).geturl()


def mail_domain(email: str) -> str:
    """Return the domain of an address, or nothing."""
    return email.rpartition("@")[2]
