"""Where Microsoft's clouds are: the three that Partner Center knows, each overridable.

Source: docs/reference/partner-center.md section 1. Overrides serve an emulator and national specialities (China
has had two sign-in hosts).
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from tenantry.providers.errors import Misconfigured
from tenantry.providers.urls import checked_url


class Cloud(StrEnum):
    """A national cloud of Microsoft."""

    GLOBAL = "global"
    US_GOVERNMENT = "us_government"
    CHINA = "china"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of one cloud as one connection uses them, without a trailing slash.

    ``api`` is Partner Center, ``authority`` the sign-in service (always https: MSAL accepts nothing else).
    ``audience`` is whom a token is for: it follows the cloud and never an override of ``api``. ``ca_file``
    is a PEM file of certificate authorities that are trusted besides the system's.
    """

    cloud: Cloud
    api: str
    authority: str
    graph: str
    audience: str
    ca_file: Path | None = None
    graph_audience: str = "https://graph.microsoft.com"

    @property
    def graph_scope(self) -> str:
        """The v2 scope of a token of Graph: it follows the cloud and never an override of ``graph``."""
        return f"{self.graph_audience}/.default"

    @property
    def scope(self) -> str:
        """The v2 scope of a Partner Center token, for app-only and app+user alike."""
        return f"{self.audience}/.default"


_GLOBAL_API = "https://api.partnercenter.microsoft.com"
_CHINA_API = "https://partner.partnercenterapi.microsoftonline.cn"

_PUBLISHED = {
    Cloud.GLOBAL: Endpoints(
        cloud=Cloud.GLOBAL,
        api=_GLOBAL_API,
        authority="https://login.microsoftonline.com",
        graph="https://graph.microsoft.com",
        audience=_GLOBAL_API,
    ),
    Cloud.US_GOVERNMENT: Endpoints(
        cloud=Cloud.US_GOVERNMENT,
        api=_GLOBAL_API,
        authority="https://login.microsoftonline.us",
        graph="https://graph.microsoft.us",
        audience=_GLOBAL_API,
    ),
    Cloud.CHINA: Endpoints(
        cloud=Cloud.CHINA,
        api=_CHINA_API,
        authority="https://login.partner.microsoftonline.cn",
        graph="https://microsoftgraph.chinacloudapi.cn",
        audience=_CHINA_API,
    ),
}


def endpoints_for(
    cloud: Cloud | str,
    *,
    api: str = "",
    authority: str = "",
    graph: str = "",
    ca_file: Path | None = None,
) -> Endpoints:
    """Return the addresses of ``cloud``; a given address replaces the published one.

    Raises ``Misconfigured`` for an unknown cloud and for an address that may not be called.
    """
    try:
        published = _PUBLISHED[Cloud(cloud)]
    except ValueError as error:
        raise Misconfigured(f"There is no Microsoft cloud named {str(cloud)[:40]!r}.") from error
    return Endpoints(
        cloud=published.cloud,
        api=_base(api or published.api),
        authority=_https(_base(authority or published.authority)),
        graph=_base(graph or published.graph),
        audience=published.audience,
        graph_audience=published.graph,
        ca_file=ca_file,
    )


def _base(address: str) -> str:
    base = checked_url(address.strip()).rstrip("/")
    if (parts := urlsplit(base)).query or parts.fragment:
        raise Misconfigured(f"The address {base} must end before its ? or #.")
    return base


def _https(address: str) -> str:
    if not address.startswith("https://"):
        raise Misconfigured(
            f"The sign-in address {address} must be https, also on this machine.",
            next_step="Give the https address of the sign-in service, and its certificate authority's file.",
        )
    return address
