"""Writes what detail reads brought: the tenant's details, when to read again, or what went wrong."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from tenantry.core.records import Relationship, TenantDetails
from tenantry.providers.errors import ConsentMissing, NotFound
from tenantry.sync.models import Finding, Observation, Sighting, Tenant
from tenantry.sync.observe.details import Answer
from tenantry.sync.observe.snapshots import SNAPSHOT_COLUMNS, snapshot_of_row

REFRESH_AFTER = timedelta(hours=24)
_STAGGER = timedelta(hours=2)
_ROW_RETRIES = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
_DETAIL_FIELDS = (
    "name domain domains country contact_first_name contact_last_name contact_email contact_phone contact_language "
    "address registration_number delegated_admin indirect_reseller_id missing details_at details_problem "
    "content_hash changed_at"
).split()


def refresh_at(external_id: str, *, read_at: datetime) -> datetime:
    """Return when details read at ``read_at`` are old: after a day, spread over two hours by the tenant's id."""
    place = int.from_bytes(hashlib.blake2b(external_id.encode(), digest_size=4).digest()) / 2**32
    return read_at + REFRESH_AFTER + _STAGGER * place


@transaction.atomic
def keep_answers(observation_id: int, answers: Sequence[Answer], *, now: datetime) -> list[int]:
    """Write the answers; return the tenants whose pending companies may have to change."""
    tenants = {row.pk: row for row in _locked_tenants(answers)}
    sightings = {row.pk: row for row in Sighting.objects.filter(pk__in=[answer.due.sighting_id for answer in answers])}
    findings: list[Finding] = []
    for answer in answers:
        tenant, sighting = tenants[answer.due.tenant_id], sightings[answer.due.sighting_id]
        if answer.details is not None:
            _take_details(tenant, sighting, answer.details, now=now)
        else:
            _take_failure(tenant, sighting, answer, now=now)
            findings.append(_finding(observation_id, answer, now=now))
        _rehash(tenant, now=now)
    Tenant.objects.bulk_update(tenants.values(), _DETAIL_FIELDS)
    Sighting.objects.bulk_update(
        sightings.values(),
        [
            "relationship",
            "missing_since",
            "missing_listings",
            "ended_at",
            "details_at",
            "details_due_at",
            "details_failures",
        ],
    )
    Finding.objects.bulk_create(findings)
    Observation.objects.filter(pk=observation_id).update(
        details_read=F("details_read") + len(answers) - len(findings),
        details_failed=F("details_failed") + len(findings),
    )
    return sorted(tenants)


def _locked_tenants(answers: Sequence[Answer]) -> list[Tenant]:
    ids = sorted(answer.due.tenant_id for answer in answers)
    return list(Tenant.objects.select_for_update().filter(pk__in=ids).order_by("pk"))


def _take_details(tenant: Tenant, sighting: Sighting, details: TenantDetails, *, now: datetime) -> None:
    tenant.name = details.name or tenant.name
    tenant.domain = details.domain or tenant.domain
    tenant.domains = list(details.domains) if details.domains is not None else tenant.domains
    tenant.country = details.address.country[:2]
    tenant.contact_first_name = details.contact.first_name
    tenant.contact_last_name = details.contact.last_name
    tenant.contact_email = details.contact.email
    tenant.contact_phone = details.contact.phone
    tenant.contact_language = details.contact.language
    tenant.address = asdict(details.address)
    tenant.registration_number = details.registration_number
    tenant.delegated_admin = details.delegated_admin
    tenant.indirect_reseller_id = details.indirect_reseller_id
    tenant.missing = list(details.missing)
    tenant.details_at = now
    tenant.details_problem = ""
    if details.relationship is not Relationship.UNKNOWN:
        sighting.relationship = details.relationship.value
    sighting.missing_since, sighting.missing_listings = None, 0
    sighting.details_at, sighting.details_failures = now, 0
    sighting.details_due_at = refresh_at(tenant.external_id, read_at=now)


def _take_failure(tenant: Tenant, sighting: Sighting, answer: Answer, *, now: datetime) -> None:
    """Blank nothing: what was known stays. Only a refusal of a tenant that two listings missed ends it."""
    if isinstance(answer.error, NotFound) and answer.due.doubted:
        sighting.ended_at, sighting.details_due_at = now, None
        return
    if answer.error is None or answer.error.stops_run:
        return  # the connection's fault, not this tenant's: it stays due for when that is mended
    if isinstance(answer.error, NotFound | ConsentMissing):
        tenant.details_problem = answer.error.message
        sighting.details_due_at = refresh_at(tenant.external_id, read_at=now)
        return
    wait = _ROW_RETRIES[min(sighting.details_failures, len(_ROW_RETRIES) - 1)]
    sighting.details_failures += 1
    sighting.details_due_at = now + wait


def _finding(observation_id: int, answer: Answer, *, now: datetime) -> Finding:
    kind = "relationship ended" if answer.due.doubted and isinstance(answer.error, NotFound) else "details not read"
    return Finding(
        observation_id=observation_id,
        tenant_id=answer.due.tenant_id,
        kind=kind,
        reference=answer.due.external_id,
        reason=answer.error.message if answer.error else "",
        created_at=now,
    )


def _rehash(tenant: Tenant, *, now: datetime) -> None:
    row: dict[str, Any] = {column: getattr(tenant, column) for column in SNAPSHOT_COLUMNS}
    content_hash = snapshot_of_row(row).content_hash
    if content_hash != tenant.content_hash:
        tenant.content_hash, tenant.changed_at = content_hash, now
