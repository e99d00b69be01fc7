"""Whose addresses a rule never makes administrators of customers: the staff's own, and the partner's."""

from tenantry.accounts.models import Account
from tenantry.core.matching.domains import own_domain
from tenantry.core.planning.creation import GuardedContacts
from tenantry.marketplace.models import StaffRole
from tenantry.sync.models import Feed, Tenant


def guarded_contacts() -> GuardedContacts:
    """Return the addresses of staff and operators, and the domains of these and of the partners' own tenants.

    In the marketplace's scope. Domains of mail for everybody are no sign of belonging and are left out.
    """
    staff = Account.objects.filter(pk__in=StaffRole.objects.values("account_id"))
    people = staff | Account.objects.filter(is_operator=True)
    addresses = frozenset(email.lower() for email in people.values_list("email", flat=True))
    domains = {address.rpartition("@")[2] for address in addresses} | _partner_domains()
    return GuardedContacts(addresses, frozenset(filter(own_domain, domains)))


def _partner_domains() -> set[str]:
    partners = Feed.objects.values_list("connection__partner_tenant_id", flat=True)
    seen = Tenant.objects.filter(external_id__in=[partner.lower() for partner in partners])
    known = seen.values_list("domain", "domains")
    return {name.lower() for domain, others in known for name in (domain, *(others or ()))}
