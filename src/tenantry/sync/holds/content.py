"""What a person approves when they release a held creation: the company as it would be made, as one digest."""

import json
from uuid import UUID

from tenantry.core.tenants import digest
from tenantry.sync.models import PendingCompany


def content_of(pending: PendingCompany, *, invite: bool) -> UUID:
    """Return the digest of the company, its contact and whether that is invited; needs the row's tenant.

    Equal digests mean that what was approved is what would be made now.
    """
    tenant = pending.tenant
    return digest(
        pending.name, pending.country, pending.domain, pending.contact_name, pending.contact_email,
        tenant.contact_phone, tenant.contact_language, tenant.registration_number,
        json.dumps(tenant.address, sort_keys=True), *sorted(tenant.domains or ()), *pending.problems,
        "invited" if invite else "not invited",
    )  # fmt: skip
