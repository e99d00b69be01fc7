"""How the operator's pages say what a filter lets through, and what tests of a connection found."""

from collections.abc import Sequence
from typing import Any

from tenantry.connections.probing import Tested
from tenantry.core.feed_filters import FeedFilter
from tenantry.providers.probes import ProbeName
from tenantry.web.countries import country_name

_SHOWN = 4
_PROBES = {
    ProbeName.APPLICATION_KIND: "Kind of application",
    ProbeName.SIGN_IN_APP_ONLY: "Sign-in as the application",
    ProbeName.SIGN_IN_APP_AND_USER: "Sign-in for a person",
    ProbeName.LIST_CUSTOMERS: "List customers",
    ProbeName.READ_CUSTOMER: "Read a customer",
    ProbeName.READ_BILLING: "Read its primary contact",
    ProbeName.MFA: "Multifactor authentication",
    ProbeName.PARTNER_ACCOUNT: "Kind of partner account",
    ProbeName.READ_PEOPLE: "Read people",
    ProbeName.READ_ORGANISATION: "Read domains and organisational units",
    ProbeName.READ_ROLES: "Read administrators",
    ProbeName.READ_LICENCES: "Read licences",
}
_WORDS = {True: ("works", "good"), False: ("missing", "bad"), None: ("not known", "off")}


def filter_in_words(wanted: FeedFilter) -> list[str]:
    """Return what the filter asks for, a phrase for each part; one phrase when it asks for nothing."""
    parts = [
        _part("country", "countries", [country_name(code) for code in wanted.countries]),
        _part("domain", "domains", wanted.domains),
        _part("indirect reseller", "indirect resellers", wanted.indirect_resellers),
        _part("tenant by ID", "tenants by ID", wanted.tenant_ids),
    ]
    return [part for part in parts if part] or ["all customer tenants"]


def _part(one: str, many: str, values: Sequence[str]) -> str:
    if not values:
        return ""
    if len(values) > _SHOWN:
        return f"{len(values):,} {many}"
    return f"{one if len(values) == 1 else many}: {', '.join(values)}"


def test_rows(tested: Tested | None) -> list[dict[str, Any]]:
    """Return what the last test found, permission by permission."""
    return [
        {
            "name": _PROBES[result.name],
            "word": _WORDS[result.ok][0],
            "tone": _WORDS[result.ok][1],
            "permission": result.permission,
            "sentence": result.sentence,
            "fix": result.next_step,
        }
        for result in (tested.results if tested else ())
    ]
