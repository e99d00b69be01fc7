"""The partner's invitation for new customers: the link with which a customer accepts the reseller relationship.

Source: docs/reference/partner-center.md section 6.9. Needs a signed-in user; Microsoft serves it in the global cloud
and in China's.
"""

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tenantry.providers.errors import Malformed, Misconfigured
from tenantry.providers.microsoft.answers import pick
from tenantry.providers.microsoft.calls import Calls
from tenantry.providers.microsoft.clouds import Cloud
from tenantry.providers.microsoft.credentials import SignInMode

_PATH = "/v1/customers/relationshiprequests"
_LONGEST = 2_000


def read_relationship_link(calls: Calls, *, cloud: Cloud, mode: SignInMode) -> str:
    """Return the link. Raises ``Misconfigured`` where it can't be had, and any other ``ProviderError``."""
    if cloud is Cloud.US_GOVERNMENT:
        raise Misconfigured(
            "The Partner Center of the US government cloud gives out no invitation link over its API.",
            next_step="Copy the link from the Partner Center: Customers, Request a reseller relationship.",
        )
    if mode is SignInMode.APP_ONLY:
        raise Misconfigured(
            "The invitation link is read for a signed-in user only, and this connection signs in as the application.",
            next_step="An operator signs a member of Admin Agents in on the connection's page. Until then, copy the "
            "link from the Partner Center: Customers, Request a reseller relationship.",
        )
    return calls.get(_PATH, _link_of, correlation_id=str(uuid4()))


def _link_of(value: Any) -> str:
    url = pick(value, "url") if isinstance(value, dict) else None
    if not isinstance(url, str) or len(url) > _LONGEST or urlsplit(url).scheme != "https" or not url.isprintable():
        raise Malformed("The invitation link is not an https address.", where=f"GET {_PATH}")
    return url
