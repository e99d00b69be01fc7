"""Which addresses may be called at all."""

import re
from urllib.parse import urlsplit

from tenantry.providers.errors import Misconfigured

_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1|.*\.localhost", re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Whether ``host`` can only be this machine, so that plain http cannot be listened to."""
    return _LOOPBACK.fullmatch(host) is not None


def checked_url(url: str) -> str:
    """Return ``url`` if it may be called: https, or http to this machine. Raises ``Misconfigured``."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise Misconfigured(f"The address {url[:200]!r} cannot be read: {error}.") from error
    if parts.username or parts.password or not host:
        raise Misconfigured(f"The address of {host or 'a call'} must be a plain address with a host name.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise Misconfigured(
            f"The address {parts.scheme}://{host} is not https; plain http is for this machine only.",
            next_step="Write the address with https:// on the connection.",
        )
    return url
