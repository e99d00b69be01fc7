"""Where messages may go: public addresses only, checked when an endpoint is saved and again at every call.

A name may resolve to something else each time it is asked, so a call is pinned to the address that was checked.
"""

import socket
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

from tenantry.core.network import why_not_public
from tenantry.providers.errors import Misconfigured
from tenantry.providers.urls import checked_url, is_loopback

_LONGEST = 2000


class DestinationRefused(Exception):
    """The address may not be called. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Destination:
    """An address that was found good a moment ago, and the IP address that it has."""

    url: str
    address: str


def check_destination(url: str) -> Destination:
    """Resolve the host of ``url`` and check it. Asks the network for the name: never call this in a transaction.

    Raises :class:`DestinationRefused`.
    """
    url = url.strip()
    if len(url) > _LONGEST or not url.isprintable() or "#" in url:
        raise DestinationRefused("Write the whole address, such as https://shop.example/hooks, without a # part.")
    parts = _parts(url)
    host, port = parts
    if is_loopback(host) and not settings.WEBHOOKS_TO_LOOPBACK:
        raise DestinationRefused(_refusal(host, "this machine"))
    for address in (addresses := _resolved(host, port)):
        reason = why_not_public(address, loopback_allowed=settings.WEBHOOKS_TO_LOOPBACK)
        if reason:
            raise DestinationRefused(_refusal(host, reason))
    return Destination(url, addresses[0])


def _parts(url: str) -> tuple[str, int]:
    try:
        checked_url(url)
    except Misconfigured as error:
        raise DestinationRefused(error.message) from error
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _resolved(host: str, port: int) -> list[str]:
    """Return every IP address that the host has, those of version 4 first: more machines reach these."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DestinationRefused(f"The name {host} could not be resolved (DNS). Check how it is written.") from error
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    return sorted(addresses, key=lambda address: ip_address(address.split("%", 1)[0]).version)


def _refusal(host: str, reason: str) -> str:
    return f"{host} leads to {reason}. Messages go to public addresses only. Give an address on the internet."
