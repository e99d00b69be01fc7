"""Writes what detail reads brought: the tenant's details, when to read again, or what went wrong."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from psycopg.types.json import Jsonb

from tenantry.connections.models import Provider
from tenantry.core.records import Address, Contact, Relationship, TenantDetails
from tenantry.core.retries import DAILY, WAITS, given_up
from tenantry.core.tenants import known_contact
from tenantry.core.texts import storable
from tenantry.isolation.bulk import update_rows
from tenantry.providers.errors import ConsentMissing, NotFound, ProviderError, Throttled, Unavailable
from tenantry.sync.models import Finding, Observation, Sighting, Tenant
from tenantry.sync.observe.absence import LISTINGS_TO_DOUBT
from tenantry.sync.observe.admitting import admit_details
from tenantry.sync.observe.details import Answer
from tenantry.sync.observe.snapshots import SNAPSHOT_COLUMNS, snapshot_of_row

REFRESH_AFTER = timedelta(hours=24)
_STAGGER = timedelta(hours=2)
_ENDED = "relationship ended"
# An outage is nobody's fault in particular: the first time the tenant only goes to the end of the line.
_OUTAGE_RETRIES = (timedelta(minutes=1), *WAITS)
_MOST_COUNTED = 30_000
_DETAIL_FIELDS = (
    "name domain domains country contact_first_name contact_last_name contact_email contact_phone contact_language "
    "address registration_number delegated_admin indirect_reseller_id missing details_at details_problem "
    "content_hash changed_at"
).split()
_SIGHTING_FIELDS = (
    "relationship missing_since missing_listings ended_at details_at details_due_at details_failures"
).split()


def refresh_at(external_id: str, *, read_at: datetime) -> datetime:
    """Return when details read at ``read_at`` are old: after a day, spread over two hours by the tenant's id."""
    place = int.from_bytes(hashlib.blake2b(external_id.encode(), digest_size=4).digest()) / 2**32
    return read_at + REFRESH_AFTER + _STAGGER * place


@transaction.atomic
def keep_answers(observation_id: int, answers: Sequence[Answer], *, now: datetime) -> list[int]:
    """Write the answers; return the tenants whose pending companies may have to change (none for none).

    A listing may be read beside the calls. Both lock tenants before sightings, and a sighting that the
    listing marked anew meanwhile keeps its mark: what was just read may be older than what it saw.
    """
    if not answers:
        return []
    tenants = _locked_tenants(answers)
    sightings = _locked_sightings(answers)
    marked = {pk: sighting.details_due_at for pk, sighting in sightings.items()}
    shown_elsewhere = _shown_elsewhere(answers, now=now)
    findings: list[Finding] = []
    failed_before = 0
    for answer in answers:
        tenant, sighting = tenants[answer.due.tenant_id], sightings[answer.due.sighting_id]
        if answer.details is not None:
            _take_details(tenant, sighting, admit_details(answer.details), now=now)
        elif answer.error is not None:
            doubted = answer.due.doubted and sighting.missing_listings >= LISTINGS_TO_DOUBT
            shown = tenant.pk in shown_elsewhere
            again = _is_no_news(tenant, sighting, answer.error)
            kind = _take_failure(tenant, sighting, answer.error, doubted=doubted, shown_elsewhere=shown, now=now)
            if kind:
                findings.append(_finding(observation_id, answer, kind, now=now))
                failed_before += again and kind != _ENDED
        if marked[sighting.pk] != answer.due.due_at:
            sighting.details_due_at = marked[sighting.pk]
        _rehash(tenant, now=now)
    update_rows(Tenant, _DETAIL_FIELDS, [_tenant_row(tenant) for tenant in tenants.values()])
    update_rows(Sighting, _SIGHTING_FIELDS, [_values(sighting, _SIGHTING_FIELDS) for sighting in sightings.values()])
    Finding.objects.bulk_create(findings)
    # To learn that a relationship ended is an answer, not a failure.
    failed = sum(finding.kind != _ENDED for finding in findings)
    read = sum(answer.details is not None for answer in answers) + len(findings) - failed
    Observation.objects.filter(pk=observation_id).update(
        details_read=F("details_read") + read, details_failed=F("details_failed") + failed,
        details_failed_before=F("details_failed_before") + failed_before,
    )  # fmt: skip
    return sorted(tenants)


def _is_no_news(tenant: Tenant, sighting: Sighting, error: ProviderError) -> bool:
    """Whether the tenant could not be read the last time either, or no tenant is to blame: the provider is away."""
    return bool(sighting.details_failures or tenant.details_problem) or isinstance(error, Unavailable | Throttled)


def _locked_tenants(answers: Sequence[Answer]) -> dict[int, Tenant]:
    ids = [answer.due.tenant_id for answer in answers]
    return {row.pk: row for row in Tenant.objects.select_for_update().filter(pk__in=ids).order_by("pk")}


def _locked_sightings(answers: Sequence[Answer]) -> dict[int, Sighting]:
    ids = [answer.due.sighting_id for answer in answers]
    return {row.pk: row for row in Sighting.objects.select_for_update().filter(pk__in=ids).order_by("pk")}


def _shown_elsewhere(answers: Sequence[Answer], *, now: datetime) -> set[int]:
    """Return the refused tenants whose details another connection reads: they are known, whoever refuses."""
    refused = [answer.due for answer in answers if isinstance(answer.error, NotFound | ConsentMissing)]
    if not refused:
        return set()
    others = Sighting.objects.filter(
        tenant_id__in=[due.tenant_id for due in refused], ended_at=None, details_at__gt=now - 2 * REFRESH_AFTER
    )
    others = others.exclude(pk__in=[due.sighting_id for due in refused])
    return set(others.values_list("tenant_id", flat=True))


def _take_details(tenant: Tenant, sighting: Sighting, details: TenantDetails, *, now: datetime) -> None:
    """Take over what was read. A blank, or a part that was not shown, never erases what is known."""
    tenant.name = details.name or tenant.name
    tenant.domain = details.domain or tenant.domain
    tenant.domains = list(details.domains) if details.domains is not None else tenant.domains
    tenant.country = details.address.country or tenant.country
    _take_contact(tenant, details.contact)
    if details.address != Address():
        tenant.address = asdict(details.address)
    tenant.registration_number = details.registration_number or tenant.registration_number
    if details.delegated_admin is not None and sighting.delegation_read_at is None:
        tenant.delegated_admin = details.delegated_admin
    tenant.indirect_reseller_id = details.indirect_reseller_id or tenant.indirect_reseller_id
    tenant.missing = list(details.missing)
    tenant.details_at = now
    tenant.details_problem = ""
    if details.relationship is not Relationship.UNKNOWN:
        sighting.relationship = details.relationship.value
    sighting.missing_since, sighting.missing_listings = None, 0
    sighting.details_at, sighting.details_failures = now, 0
    sighting.details_due_at = refresh_at(tenant.external_id, read_at=now)


def _take_contact(tenant: Tenant, read: Contact) -> None:
    before = Contact(
        first_name=tenant.contact_first_name,
        last_name=tenant.contact_last_name,
        email=tenant.contact_email,
        phone=tenant.contact_phone,
        language=tenant.contact_language,
    )
    contact = known_contact(before, read)
    tenant.contact_first_name = contact.first_name
    tenant.contact_last_name = contact.last_name
    tenant.contact_email = contact.email
    tenant.contact_phone = contact.phone
    tenant.contact_language = contact.language


def _take_failure(
    tenant: Tenant, sighting: Sighting, error: ProviderError, *, doubted: bool, shown_elsewhere: bool, now: datetime
) -> str:
    """Note the failure and when to try again; return the kind of finding it is, empty for none.

    Blanks nothing: what was known stays. Only a refusal of a tenant that two listings missed ends it. What is refused,
    or fails by itself, for 28 days is not tried again before the listing shows something new of it, a hint tells of
    it, or somebody asks for all details anew. An outage is no reason to give up.
    """
    if error.stops_run:
        return ""  # the connection's fault, not this tenant's: it stays due for when that is mended
    if isinstance(error, Throttled):
        sighting.details_due_at = now + timedelta(seconds=max(1.0, error.after))
        return ""
    if doubted and _denies_relationship(tenant, error):
        sighting.ended_at, sighting.details_due_at = now, None
        return _ENDED
    if isinstance(error, NotFound | ConsentMissing):
        if not shown_elsewhere:
            tenant.details_problem = storable(error.message)
            sighting.details_failures = min(sighting.details_failures + 1, _MOST_COUNTED)
        over = not shown_elsewhere and given_up(sighting.details_failures, DAILY)
        sighting.details_due_at = None if over else refresh_at(tenant.external_id, read_at=now)
        return "details not read"
    away = isinstance(error, Unavailable)
    waits = _OUTAGE_RETRIES if away else WAITS
    wait = waits[min(sighting.details_failures, len(waits) - 1)]
    sighting.details_failures = min(sighting.details_failures + 1, _MOST_COUNTED)
    over = not away and given_up(sighting.details_failures)
    sighting.details_due_at = None if over else now + wait
    return "details not read"


def _denies_relationship(tenant: Tenant, error: ProviderError) -> bool:
    """Whether this refusal says that the tenant is no customer of ours.

    The Reseller API answers 403 for a customer that is not ours: docs/reference/google-directory.md section 9.
    """
    refusals = (NotFound, ConsentMissing) if tenant.provider == Provider.GOOGLE else (NotFound,)
    return isinstance(error, refusals)


def _finding(observation_id: int, answer: Answer, kind: str, *, now: datetime) -> Finding:
    return Finding(
        observation_id=observation_id,
        tenant_id=answer.due.tenant_id,
        kind=kind,
        reference=answer.due.external_id,
        reason=storable(answer.error.message) if answer.error else "",
        created_at=now,
    )


def _tenant_row(tenant: Tenant) -> list[Any]:
    row = _values(tenant, _DETAIL_FIELDS)
    if tenant.address is not None:
        row[1 + _DETAIL_FIELDS.index("address")] = Jsonb(tenant.address)
    return row


def _values(row: Tenant | Sighting, fields: Sequence[str]) -> list[Any]:
    return [row.pk, *(getattr(row, field) for field in fields)]


def _rehash(tenant: Tenant, *, now: datetime) -> None:
    row: dict[str, Any] = {column: getattr(tenant, column) for column in SNAPSHOT_COLUMNS}
    content_hash = snapshot_of_row(row).content_hash
    if content_hash != tenant.content_hash:
        tenant.content_hash, tenant.changed_at = content_hash, now
