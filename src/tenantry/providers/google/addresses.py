"""Where Google's services are: docs/reference/google-directory.md section 1. One emulator can stand for all."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tenantry.providers.errors import Misconfigured
from tenantry.providers.urls import checked_url, is_loopback

TOKEN_ADDRESSES: Final = frozenset(
    {"https://oauth2.googleapis.com/token", "https://accounts.google.com/o/oauth2/token"}
)


@dataclass(frozen=True, slots=True)
class Service:
    """One API. ``base`` has no trailing slash; ``quiet`` are the seconds to wait when it refuses without saying."""

    name: str
    base: str
    quiet: float


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of Google's services as one connection uses them: all Google's, or all an emulator's.

    ``ca_file`` is a PEM file of certificate authorities that are trusted besides the system's.
    """

    directory: Service
    reseller: Service
    channel: Service
    licensing: Service
    token: str
    ca_file: Path | None = None

    @property
    def is_local(self) -> bool:
        """Whether these are services of this machine."""
        return is_loopback(urlsplit(self.token).hostname or "")


def endpoints_for(base: str = "", *, ca_file: Path | None = None) -> Endpoints:
    """Return Google's published addresses, or with ``base`` those of one server that stands for all of them.

    Raises ``Misconfigured`` when ``base`` may not be called.
    """
    root = checked_url(base.strip()).rstrip("/") if base.strip() else ""
    if root and (urlsplit(root).query or urlsplit(root).fragment):
        raise Misconfigured(f"The address {root} must end before its ? or #.")
    return Endpoints(
        directory=Service("Directory", root or "https://admin.googleapis.com", 1.0),
        reseller=Service("Reseller", root or "https://reseller.googleapis.com", 5.0),
        channel=Service("Cloud Channel", root or "https://cloudchannel.googleapis.com", 5.0),
        licensing=Service("License Manager", root or "https://licensing.googleapis.com", 5.0),
        token=f"{root}/token" if root else "https://oauth2.googleapis.com/token",
        ca_file=ca_file,
    )
