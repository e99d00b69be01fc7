"""Which addresses of the network an installation may call when somebody else names them. Pure."""

import ipaddress
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits
_KINDS = (
    ("is_unspecified", "no address at all"),
    ("is_loopback", "this machine"),
    ("is_link_local", "a link-local address"),
    ("is_multicast", "a group of machines"),
    ("is_private", "a private address"),
    ("is_reserved", "a reserved address"),
)


def why_not_public(text: str, *, loopback_allowed: bool = False) -> str:
    """Return what the IP address is instead of a public one (``a private address``), or nothing when it is public.

    An IPv4 address that is wrapped in an IPv6 one is judged as itself. Raises ``ValueError`` for what is no address.
    """
    address = _unwrapped(ipaddress.ip_address(text.split("%", 1)[0]))
    if loopback_allowed and address.is_loopback:
        return ""
    for attribute, words in _KINDS:
        if getattr(address, attribute):
            return words
    return "" if address.is_global else "a private address"


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address
