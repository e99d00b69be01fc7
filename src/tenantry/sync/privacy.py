"""What the sync knows of a person: the primary contact of a tenant. Listens when a person is exported or erased."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection as database

from tenantry.audit.erasing import destroy_keys, subjects_naming
from tenantry.core.erasing import without_person
from tenantry.core.tenants import Problem
from tenantry.isolation.scope import current_marketplace_id
from tenantry.sync.models import Change, Decision, PendingCompany, Sighting, Tenant, TenantLink
from tenantry.sync.pending.writing import renew_keys
from tenantry.sync.telling import contact_subject

_CONTACT = (
    "contact_first_name", "contact_last_name", "contact_email", "contact_phone", "contact_language",
)  # fmt: skip
_AT_ONCE = 500


def forget_contact(*, email: str, company_ids: Sequence[int], now: datetime, **_: Any) -> None:
    """Take the person away as the contact of tenants, from pending companies, changes and decisions.

    A tenant that other marketplaces are fed with as well keeps what the provider says of it. In the scope.
    """
    pending = list(PendingCompany.objects.select_related("tenant").filter(contact_key=email))
    linked = TenantLink.objects.filter(company_id__in=company_ids).values_list("tenant_id", flat=True)
    tenants = {row.tenant_id for row in pending} | set(linked)
    _empty_tenants(Tenant.objects.filter(pk__in=tenants, contact_email__iexact=email))
    _empty_pending(pending)
    _empty_json(Change.objects.filter(tenant_id__in=tenants).order_by("pk"), ("before", "after", "details"), email)
    _empty_json(Decision.objects.filter(tenant_id__in=tenants).order_by("pk"), ("undo", "reason"), email)
    marketplace_id = current_marketplace_id()
    ids = Tenant.objects.filter(pk__in=tenants).values_list("external_id", flat=True)
    subjects = [contact_subject(external_id) for external_id in ids]
    naming = subjects_naming(email, subjects, marketplace_id=marketplace_id)
    destroy_keys(naming, marketplace_id=marketplace_id, now=now, for_good=False)


def contact_sections(email: str) -> dict[str, list[dict[str, Any]]]:
    """Return what names the person as a contact, for an export. In the scope."""
    pending = PendingCompany.objects.select_related("tenant").filter(contact_key=email).order_by("pk")
    return {
        "contact of tenants": [
            {
                "tenant": row.name, "tenant_id": row.tenant.external_id, "state": row.state,
                "contact_name": row.contact_name, "contact_email": row.contact_email,
                "contact_phone": row.tenant.contact_phone, "contact_language": row.tenant.contact_language,
                "first_seen_at": row.first_seen_at,
            }
            for row in pending
        ]
    }  # fmt: skip


def _empty_tenants(tenants: Iterable[Tenant]) -> None:
    own = [tenant.pk for tenant in tenants if _fed_here_alone(tenant)]
    # The content's hash stays: as long as the provider says the same, nothing is read into the row again.
    Tenant.objects.filter(pk__in=own).update(**dict.fromkeys(_CONTACT, ""))


def _fed_here_alone(tenant: Tenant) -> bool:
    connections = list(Sighting.objects.filter(tenant=tenant).values_list("connection_id", flat=True))
    with database.cursor() as cursor:
        cursor.execute(
            "select distinct f.marketplace_id from unnest(%s::bigint[]) c, marketplaces_fed_by(c) f", [connections]
        )
        return {row[0] for row in cursor.fetchall()} <= {current_marketplace_id()}


def _empty_pending(rows: Sequence[PendingCompany]) -> None:
    for row in rows:
        row.contact_name = row.contact_email = row.sort_contact = row.contact_key = ""
        row.problems = sorted({*row.problems, Problem.CONTACT_MISSING.value})
        row.version += 1
    fields = ["contact_name", "contact_email", "sort_contact", "contact_key", "problems", "version"]
    PendingCompany.objects.bulk_update(rows, fields)
    renew_keys(rows)
    PendingCompany.objects.filter(pk__in=[row.pk for row in rows]).update(matched_at=None)


def _empty_json(rows: Any, fields: Sequence[str], email: str) -> None:
    """Rewrite the rows whose members name the person, in batches."""
    changed = []
    for row in rows.iterator(chunk_size=_AT_ONCE):
        fresh = {field: without_person(getattr(row, field), email) for field in fields}
        if any(getattr(row, field) != value for field, value in fresh.items()):
            for field, value in fresh.items():
                setattr(row, field, value)
            changed.append(row)
    rows.model.objects.bulk_update(changed, list(fields), batch_size=_AT_ONCE)
