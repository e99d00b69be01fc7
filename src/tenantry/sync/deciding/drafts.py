"""What a pending company would become: a company's draft and its first person, filled in from the tenant."""

from tenantry.core.drafts import CompanyDraft, DomainDraft, PersonDraft
from tenantry.core.matching.domains import own_domain
from tenantry.core.tenants import primary_domain
from tenantry.sync.models import PendingCompany, Tenant

_ADDRESS = ("line1", "line2", "city", "region", "postal_code")


def draft_of(pending: PendingCompany) -> CompanyDraft:
    """Return the company that the tenant would become. Domains of the provider itself are left out."""
    tenant = pending.tenant
    address = {name: str(value) for name, value in (tenant.address or {}).items() if name in _ADDRESS and value}
    own = primary_domain(tenant.domain, tenant.domains)
    return CompanyDraft(
        name=tenant.name,
        country=tenant.country,
        address=address or None,
        phone=str((tenant.address or {}).get("phone", "") or ""),
        website="",
        registration_number=tenant.registration_number,
        contact_name=contact_name_of(tenant),
        contact_email=tenant.contact_email,
        contact_phone=tenant.contact_phone,
        domains=tuple(
            DomainDraft(domain, verified=True)
            for domain in sorted({own, *(tenant.domains or ())})
            if own_domain(domain)
        ),
        tenant_ids=(tenant.external_id,),
    )


def contact_name_of(tenant: Tenant) -> str:
    """Return the primary contact's name."""
    return " ".join(part for part in (tenant.contact_first_name, tenant.contact_last_name) if part)


def newcomer_of(draft: CompanyDraft, tenant: Tenant) -> PersonDraft:
    """Return the first person of the company: the draft's contact, with what the tenant tells of the same person."""
    same = draft.contact_name.strip() == contact_name_of(tenant)
    first, _, last = draft.contact_name.strip().rpartition(" ")
    return PersonDraft(
        email=draft.contact_email.strip(),
        first_name=tenant.contact_first_name if same else first,
        last_name=tenant.contact_last_name if same else last,
        phone=draft.contact_phone,
        language=tenant.contact_language,
    )
