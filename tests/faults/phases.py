"""The phases of reading a provider, each with the requests that belong to it and what drives it."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Phase:
    """One phase. ``path`` and ``query`` are patterns of its requests, ``act`` what the product does to come there.

    ``rows``: its answers are lists. ``user``: it is read as a person with a role. ``path`` is ``None`` where no
    provider is asked.
    """

    key: str
    words: str
    path: str | None
    act: str
    query: str = ""
    rows: bool = True
    service: str = ""
    user: bool = False


_CENTER: Final = "partner center"
_USERS, _GRAPH = "/v1/customers/*/users", "/graph/v1.0"

MICROSOFT: Final = (
    Phase("sign-in", "signing in", "*/oauth2/v2.0/token", "companies", rows=False, service="sign-in"),
    Phase("listing", "the list of customers", "/v1/customers", "companies", service=_CENTER),
    Phase("listing-later", "later pages of the list", "/v1/customers", "companies", "*seekOperation=Next*",
          service=_CENTER),
    Phase("details", "details of customers", "/v1/customers/*", "companies", rows=False, service=_CENTER),
    Phase("choice", "finding out whether Graph is open", f"{_GRAPH}/users", "people", "*top=1*", service="graph"),
    Phase("people", "people, through Graph", f"{_GRAPH}/users/delta", "people", service="graph"),
    Phase("people-later", "later pages of people, through Graph", f"{_GRAPH}/users/delta", "people", "*skiptoken*",
          service="graph"),
    Phase("people-center", "people, through the Partner Center", _USERS, "people", service=_CENTER, user=True),
    Phase("people-center-later", "later pages of people, through the Partner Center", _USERS, "people",
          "*seekOperation=Next*", service=_CENTER, user=True),
    Phase("deleted", "deleted people", f"{_GRAPH}/directory/deleteditems/*", "people", service="graph"),
    Phase("licences", "licences", "/v1/customers/*/users/*/licenses", "people", rows=False, service=_CENTER, user=True),
    Phase("administrators", "administrators", "*/directoryroles*", "people", service="graph"),
    Phase("delegations", "delegated administration", f"{_GRAPH}/tenantrelationships/*", "delegations", service="graph"),
    Phase("domains", "domains, for a company", f"{_GRAPH}/domains", "domains", service="graph"),
    Phase("apply", "applying", None, "companies"),
)  # fmt: skip
_DIRECTORY: Final = "/admin/directory/v1"
GOOGLE: Final = (
    Phase("sign-in", "signing in", "/token", "companies", rows=False),
    Phase("listing", "the list of customers", "/apps/reseller/v1/subscriptions", "companies"),
    Phase("listing-later", "later pages of the list", "/apps/reseller/v1/subscriptions", "companies", "*pageToken=*"),
    Phase("details", "details of customers", "/apps/reseller/v1/customers/*", "companies", rows=False),
    Phase("people", "people", f"{_DIRECTORY}/users", "people"),
    Phase("people-later", "later pages of people", f"{_DIRECTORY}/users", "people", "*pageToken=*"),
    Phase("deleted", "deleted people", f"{_DIRECTORY}/users", "people", "*showDeleted=true*"),
    Phase("licences", "licences", "/apps/licensing/*", "people"),
    Phase("domains", "domains, for a company", f"{_DIRECTORY}/customer/*/domains", "domains"),
    Phase("apply", "applying", None, "companies"),
)
PHASES: Final = {"microsoft": MICROSOFT, "google": GOOGLE}
