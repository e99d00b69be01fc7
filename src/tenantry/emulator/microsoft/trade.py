"""What the Partner Center tells of a customer's trade: how it qualifies, what it bought, whose domain is taken.

Contract sections 6.9 and 8. A customer's index decides, so that the same seed has the same answers.
"""

from typing import Any, Final

from tenantry.emulator.customers import Customer
from tenantry.emulator.guids import derived_guid
from tenantry.emulator.microsoft.people import SKUS
from tenantry.emulator.world import World

Json = dict[str, Any]
_BEGAN: Final = "2026-01-14T08:02:00"  # without a zone, as some of the service's moments are
_QUALIFIED: Final = {"education": "Education", "government_community_cloud": "GovernmentCommunityCloud"}


def qualification(customer: Customer) -> str:
    """Return the old form: a bare text."""
    if customer.index % 13 == 4:  # noqa: PLR2004 (one in thirteen)
        return "education"
    if customer.index % 17 == 6:  # noqa: PLR2004 (one in seventeen)
        return "nonprofit"
    return "government_community_cloud" if customer.index % 19 == 8 else "none"  # noqa: PLR2004 (one in nineteen)


def qualifications(customer: Customer) -> list[Json]:
    """Return the newer form: a bare array, empty for who does not qualify. It knows no *nonprofit*."""
    named = _QUALIFIED.get(qualification(customer))
    if named is None:
        return []
    return [{"qualification": named, "vettingStatus": "Approved", "vettingCreatedDate": _BEGAN}]


def subscriptions(customer: Customer) -> Json:
    """Return what the customer bought: one subscription or two, without pages. Ids are in upper case, as older ones."""
    items = [_subscription(customer, place) for place in range(1 + customer.index % 2)]
    return {"totalCount": len(items), "items": items, "attributes": {"objectType": "Collection"}}


def _subscription(customer: Customer, place: int) -> Json:
    part, name = SKUS[(customer.index + place) % len(SKUS)]
    number = derived_guid("subscription", customer.tenant_id, place).upper()
    uri = f"/customers/{customer.tenant_id}/subscriptions/{number}"
    return {
        "id": number, "offerId": derived_guid("offer", part), "entitlementId": number, "offerName": name,
        "friendlyName": name, "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
        "quantity": 5 + customer.index % 20, "unitType": "Licenses", "hasPurchasableAddons": False,
        "creationDate": f"{_BEGAN}.1234567Z", "effectiveStartDate": "2026-01-14T00:00:00Z",
        "commitmentEndDate": "2027-01-13T00:00:00Z", "status": "active", "autoRenewEnabled": True, "isTrial": False,
        "billingType": "license", "billingCycle": "monthly", "termDuration": "P1Y", "isMicrosoftProduct": True,
        "attentionNeeded": False, "actionTaken": False, "contractType": "subscription",
        "publisherName": "Microsoft Corporation", "orderId": derived_guid("order", customer.tenant_id, place),
        "links": {"self": {"uri": uri, "method": "GET", "headers": []}},
        "attributes": {"etag": derived_guid("etag", number)[:16], "objectType": "Subscription"},
    }  # fmt: skip


def is_taken(world: World, domain: str) -> bool:
    """Whether a customer in the list has that domain. Looks through the whole list."""
    wanted = domain.strip().lower()
    return next(world.rows(0, match=lambda row: row.domain.lower() == wanted), None) is not None
