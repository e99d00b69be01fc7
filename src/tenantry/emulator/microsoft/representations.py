"""Customers as the API writes them: compact JSON, absent instead of null, members in the service's order."""

import json
from typing import Any

from tenantry.emulator.customers import Customer
from tenantry.emulator.world import Row

Json = dict[str, Any]


def thin_customer(row: Row) -> str:
    """Return the list's entry as JSON text. Written by hand: a listing has very many of them."""
    name, domain = json.dumps(row.name, ensure_ascii=False), json.dumps(row.domain)
    tenant = row.tenant_id
    return (
        f'{{"id":"{tenant}","companyProfile":{{"tenantId":"{tenant}","domain":{domain},"companyName":{name},'
        f'"links":{{"self":{{"uri":"/customers/{tenant}/profiles/company","method":"GET","headers":[]}}}},'
        f'"attributes":{{"objectType":"CustomerCompanyProfile"}}}},"relationshipToPartner":"{row.relationship}",'
        f'"links":{{"self":{{"uri":"/customers/{tenant}","method":"GET","headers":[]}}}},'
        '"attributes":{"objectType":"Customer"}}'
    )


def full_customer(customer: Customer, reseller: str | None) -> Json:
    """Return one customer as it is read by id. ``reseller`` is the indirect reseller's tenant id, if there is one."""
    body: Json = {
        "id": customer.tenant_id,
        "commerceId": customer.commerce_id,
        "companyProfile": company_profile(customer),
        "billingProfile": billing_profile(customer),
        "relationshipToPartner": str(customer.relationship),
        "allowDelegatedAccess": customer.delegated,
        "customDomains": list(customer.custom_domains) if customer.delegated else None,
        "associatedPartnerId": reseller,
        "links": {"self": _link(f"/customers/{customer.tenant_id}")},
        "attributes": {"objectType": "Customer"},
    }
    return _filled(body)


def company_profile(customer: Customer) -> Json:
    """Return the company profile. Address and e-mail show only with delegated administration."""
    place = customer.place
    address = {
        "country": place.country, "region": place.region or None, "city": place.city,
        "addressLine1": place.line1, "addressLine2": place.line2 or None, "postalCode": place.postal_code,
        "phoneNumber": customer.contact.phone or None,
    }  # fmt: skip
    body: Json = {
        "tenantId": customer.tenant_id,
        "domain": customer.domain,
        "companyName": customer.name,
        "address": _filled(address) if customer.delegated else None,
        "email": customer.company_email if customer.delegated else None,
        "organizationRegistrationNumber": customer.registration or None,
        "links": {"self": _link(f"/customers/{customer.tenant_id}/profiles/company")},
        "attributes": {"objectType": "CustomerCompanyProfile"},
    }
    return _filled(body)


def billing_profile(customer: Customer) -> Json:
    """Return the billing profile: the only place that knows the contact, and the only one with a change marker."""
    place, contact = customer.place, customer.contact
    address = {
        "country": place.country, "city": place.city, "state": place.region or None, "addressLine1": place.line1,
        "addressLine2": place.line2 or None, "postalCode": place.postal_code, "firstName": contact.first or None,
        "lastName": contact.last or None, "phoneNumber": contact.phone or None,
    }  # fmt: skip
    body: Json = {
        "id": customer.profile_id,
        "firstName": contact.first or None,
        "lastName": contact.last or None,
        "email": contact.email or None,
        "culture": customer.land.culture,
        "language": customer.land.language,
        "companyName": customer.name,
        "defaultAddress": _filled(address),
        "links": {"self": _link(f"/customers/{customer.tenant_id}/profiles/billing")},
        "attributes": {"etag": customer.etag, "objectType": "CustomerBillingProfile"},
    }
    return _filled(body)


def organization(customer: Customer) -> list[Json]:
    """Return the tenant's organization: a bare array with one object."""
    place = customer.place
    body: Json = {
        "street": place.line1, "countryLetterCode": place.country, "postalCode": place.postal_code,
        "city": place.city, "state": place.region or None, "displayName": customer.name,
        "technicalNotificationMails": [customer.contact.email] if customer.contact.email else [],
    }  # fmt: skip
    return [_filled(body)]


def relationship_request(partner: str) -> Json:
    """Return the invitation with which a customer accepts the partner as its reseller."""
    address = (
        "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship"
        f"&partnerId={partner}&msppId=0&DAP=false#/BillingAccounts/partner-invitation"
    )
    return {"url": address, "attributes": {"objectType": "RelationshipRequest"}}


def partner_relationships(resellers: list[tuple[str, str]]) -> Json:
    """Return the partner's indirect resellers, given as id and name. Short collections have no links."""
    items = [
        {
            "id": number, "name": name, "relationshipType": "is_indirect_cloud_solution_provider_of", "state": "Active",
            "mpnId": str(5_000_000 + place), "location": "AT", "attributes": {"objectType": "PartnerRelationship"},
        }
        for place, (number, name) in enumerate(resellers)
    ]  # fmt: skip
    return {"totalCount": len(items), "items": items, "attributes": {"objectType": "Collection"}}


def _link(uri: str) -> Json:
    return {"uri": uri, "method": "GET", "headers": []}


def _filled(body: Json) -> Json:
    return {name: value for name, value in body.items() if value is not None}
