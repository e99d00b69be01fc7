"""People and customers as Google writes them: absent instead of empty, explicit false, times in milliseconds.

Sources: docs/reference/google-directory.md section 4 (presence rules from recordings) and sections 7 to 11.
"""

from datetime import UTC, datetime
from typing import Any, Final

from tenantry.emulator.customers import Customer
from tenantry.emulator.google.world import Account, GoogleWorld
from tenantry.emulator.staff import Someone

Json = dict[str, Any]
TEST_DOMAIN: Final = ".test-google-a.com"
NEVER: Final = "1970-01-01T00:00:00.000Z"
SKUS: Final = (
    ("1010020027", "Google Workspace Business Starter"), ("1010020028", "Google Workspace Business Standard"),
    ("1010020025", "Google Workspace Business Plus"), ("1010020020", "Google Workspace Enterprise Plus"),
)  # fmt: skip


def moment(seconds: float) -> str:
    """Return a time as the Directory writes it: UTC, the milliseconds always zero."""
    return datetime.fromtimestamp(int(seconds), tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def milliseconds(seconds: float) -> str:
    """Return a time as domains and subscriptions have it."""
    return str(int(seconds) * 1000)


def user(world: GoogleWorld, one: Someone) -> Json:
    """Return a person without change marker."""
    domain = world.domain(one.company)
    address = f"{one.mailbox}@{domain}"
    head: Json = {
        "kind": "admin#directory#user", "id": world.user_id(one), "primaryEmail": address,
        "name": {"givenName": one.given, "familyName": one.family, "fullName": f"{one.given} {one.family}"},
        "isAdmin": one.admin == "full", "isDelegatedAdmin": one.admin == "partial",
    }  # fmt: skip
    if not one.whole:
        return _half_created(world, one, head)
    aliases = [f"{each}@{domain}" for each in one.former]
    fixed = [f"{each}{TEST_DOMAIN}" for each in (address, *aliases)]
    body: Json = head | {
        "lastLoginTime": NEVER if one.last_login is None else moment(one.last_login),
        "creationTime": moment(one.created), "agreedToTerms": one.last_login is not None,
        "suspended": one.suspended, "archived": one.archived, "changePasswordAtNextLogin": False,
        "ipWhitelisted": False,
        "emails": [{"address": address, "primary": True}, *({"address": each} for each in (*aliases, *fixed))],
        "languages": [{"languageCode": one.language, "preference": "preferred"}],
    }  # fmt: skip
    if one.suspended:
        body["suspensionReason"] = "ADMIN"
    if one.title:
        body["organizations"] = [
            {"title": one.title, "primary": True, "customType": "", "department": one.unit.split("/", 1)[0]}
        ]
    if aliases:
        body["aliases"] = aliases
    body |= {
        "nonEditableAliases": fixed, "customerId": world.customer_id(one.company), "orgUnitPath": f"/{one.unit}",
        "isMailboxSetup": one.licensed, "isEnrolledIn2Sv": False, "isEnforcedIn2Sv": False,
        "includeInGlobalAddressList": True, "recoveryEmail": "",
        "thumbnailPhotoUrl": f"//lh3.googleusercontent.com/a/{one.company}-{one.number}",
    }  # fmt: skip
    if one.kind == "guest":
        body |= {"isGuestUser": True, "guestAccountInfo": {"primaryGuestEmail": one.home}}
    return body


def _half_created(world: GoogleWorld, one: Someone, head: Json) -> Json:
    del head["name"]["fullName"]
    return head | {
        "creationTime": moment(one.created), "customerId": world.customer_id(one.company),
        "orgUnitPath": f"/{one.unit}", "isMailboxSetup": False,
    }  # fmt: skip


def deleted_user(world: GoogleWorld, one: Someone, *, bare: bool) -> Json:
    """Return a person who was deleted lately: little is sure to be there."""
    body: Json = {
        "kind": "admin#directory#user", "id": world.user_id(one), "primaryEmail": world.address(one),
    }  # fmt: skip
    if not bare:
        body |= {
            "name": {"givenName": one.given, "familyName": one.family},
            "customerId": world.customer_id(one.company), "deletionTime": moment(one.deleted_at or 0),
        }  # fmt: skip
    return body


def postal_address(company: Customer) -> Json:
    """Return the address of a customer, as Directory and Reseller have it."""
    place, contact = company.place, company.contact
    body = {
        "contactName": f"{contact.first} {contact.last}".strip(), "organizationName": company.name.strip(),
        "addressLine1": place.line1, "addressLine2": place.line2, "locality": place.city, "region": place.region,
        "postalCode": place.postal_code, "countryCode": place.country,
    }  # fmt: skip
    return {name: value for name, value in body.items() if value}


def customer(account: Account, company: Customer, created: float) -> Json:
    """Return a customer as the Directory has it, without change marker."""
    body: Json = {
        "kind": "admin#directory#customer", "id": account.customer_id, "customerDomain": account.domain,
        "alternateEmail": company.contact.email, "customerCreationTime": moment(created),
        "language": company.land.language, "phoneNumber": company.contact.phone,
        "postalAddress": postal_address(company),
    }  # fmt: skip
    return {name: value for name, value in body.items() if value}


def reseller_customer(account: Account, company: Customer) -> Json:
    """Return a customer as the Reseller API has it. ``customerDomainVerified`` is left out now and then."""
    body: Json = {
        "kind": "reseller#customer", "customerId": account.customer_id, "customerDomain": account.domain,
        "customerType": "domain", "postalAddress": {"kind": "customers#address", **postal_address(company)},
        "phoneNumber": company.contact.phone or None, "alternateEmail": company.contact.email or None,
        "customerDomainVerified": None if account.index % 5 == 3 else True,  # noqa: PLR2004 (GAM saw it missing)
        "resourceUiUrl": f"https://admin.google.com/ac/accountchooser?customerId={account.customer_id}",
    }  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}


def subscription(account: Account, number: int, *, seats: int, assigned: int, created: float) -> Json:
    """Return the ``number``-th subscription of a customer: the first is annual, others are flexible."""
    sku, name = SKUS[(account.index + number) % len(SKUS)]
    annual = number == 0
    seats_key = "numberOfSeats" if annual else "maximumNumberOfSeats"
    return {
        "kind": "reseller#subscription", "customerId": account.customer_id, "customerDomain": account.domain,
        "subscriptionId": f"{account.customer_id.lower()}-{number}", "skuId": sku, "skuName": name, "status": "ACTIVE",
        "billingMethod": "OFFLINE", "creationTime": milliseconds(created),
        "plan": {"planName": "ANNUAL" if annual else "FLEXIBLE", "isCommitmentPlan": annual},
        "seats": {"kind": "subscriptions#seats", seats_key: seats, "licensedNumberOfSeats": assigned},
        "trialSettings": {"isInTrial": False},
        "resourceUiUrl": f"https://admin.google.com/ac/billing?customerId={account.customer_id}",
    }  # fmt: skip


def channel_customer(account: Account, company: Customer, parent: str, created: float) -> Json:
    """Return a customer as Cloud Channel has it. Its own id in ``name`` is another one than the directory's."""
    contact = company.contact
    body: Json = {
        "name": f"{parent}/customers/S{account.customer_id[1:]}", "orgDisplayName": company.name.strip(),
        "orgPostalAddress": {
            "regionCode": company.place.country, "postalCode": company.place.postal_code,
            "administrativeArea": company.place.region, "locality": company.place.city,
            "addressLines": [line for line in (company.place.line1, company.place.line2) if line],
        },
        "domain": account.domain, "createTime": moment(created), "updateTime": moment(created),
        "languageCode": company.land.culture,
    }  # fmt: skip
    if contact.email or contact.first:
        names = {"firstName": contact.first, "lastName": contact.last, "email": contact.email, "phone": contact.phone}
        body["primaryContactInfo"] = {name: value for name, value in names.items() if value}
    if account.has_directory:
        body["cloudIdentityId"] = account.customer_id
        body["cloudIdentityInfo"] = {"customerType": "DOMAIN", "primaryDomain": account.domain}
    return body
