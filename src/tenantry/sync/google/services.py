"""Decisions on Google tenants: link, unlink, ignore, reopen, *not this company*. In a marketplace's scope.

Each is one transaction: the row is locked and checked against what the person saw. Each raises
``GoogleTenant.DoesNotExist`` for what is not in this marketplace and :class:`GoogleRefused` for what can't be.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.marketplace.models import Company
from tenantry.sync.deciding.reasons import checked_reason
from tenantry.sync.deciding.refusals import DecisionRefused
from tenantry.sync.entitlements import allowed_switches
from tenantry.sync.google.requests import NOT_ALLOWED, GoogleRefused
from tenantry.sync.models import GoogleTenant, TenantLink
from tenantry.sync.models.google import GoogleTenantState

_OPEN = (GoogleTenantState.NEEDS_LINK, GoogleTenantState.IGNORED)
_MOST_REJECTED = 500


@transaction.atomic
def link_google_tenant(
    *, pk: int, company_id: int, seen_version: int, actor: Actor, now: datetime, request_id: str = ""
) -> GoogleTenant:
    """Link a Google tenant to a company. Creates no company and changes none; its people follow under User Sync.

    Raises ``Company.DoesNotExist`` as well.
    """
    row = _locked(pk, seen_version, _OPEN)
    company = Company.objects.select_for_update().get(pk=company_id)
    if TenantLink.objects.filter(tenant_id=row.tenant_id, ended_at=None).exists():
        raise GoogleRefused("This tenant was linked to a company meanwhile.")
    TenantLink.objects.create(
        marketplace_id=row.marketplace_id, tenant_id=row.tenant_id, company=company, created_at=now
    )
    after = {"company": company.pk, "company_name": company.name}
    return _decided(row, GoogleTenantState.LINKED, "linked", after, actor=actor, now=now, request_id=request_id)


@transaction.atomic
def unlink_google_tenant(
    *, pk: int, seen_version: int, actor: Actor, now: datetime, request_id: str = ""
) -> GoogleTenant:  # fmt: skip
    """Take a link back. The company and its people stay; nobody follows this tenant any more."""
    row = _locked(pk, seen_version, (GoogleTenantState.LINKED,))
    link = TenantLink.objects.select_for_update().filter(tenant_id=row.tenant_id, ended_at=None).first()
    if link is None:
        raise GoogleRefused("This tenant is not linked any more.")
    link.ended_at = now
    link.save(update_fields=["ended_at"])
    after = {"company": link.company_id}
    return _decided(row, GoogleTenantState.NEEDS_LINK, "unlinked", after, actor=actor, now=now, request_id=request_id)


@transaction.atomic
def ignore_google_tenant(
    *, pk: int, seen_version: int, reason_key: str, reason: str = "", actor: Actor, now: datetime, request_id: str = ""
) -> GoogleTenant:  # fmt: skip
    """Put a Google tenant aside, for a reason of ``deciding.reasons``."""
    try:
        text = checked_reason(reason_key, reason)
    except DecisionRefused as refused:
        raise GoogleRefused(str(refused)) from refused
    row = _locked(pk, seen_version, (GoogleTenantState.NEEDS_LINK,))
    row.reason = text or reason_key
    after = {"reason": row.reason}
    return _decided(row, GoogleTenantState.IGNORED, "ignored", after, actor=actor, now=now, request_id=request_id)


@transaction.atomic
def reopen_google_tenant(
    *, pk: int, seen_version: int, actor: Actor, now: datetime, request_id: str = ""
) -> GoogleTenant:  # fmt: skip
    """Let an ignored Google tenant wait for a link again."""
    row = _locked(pk, seen_version, (GoogleTenantState.IGNORED,))
    row.reason = ""
    return _decided(row, GoogleTenantState.NEEDS_LINK, "reopened", {}, actor=actor, now=now, request_id=request_id)


@transaction.atomic
def reject_google_match(
    *, pk: int, company_id: int, seen_version: int, actor: Actor, now: datetime, request_id: str = ""
) -> GoogleTenant:
    """Say that the tenant is *not this company*: it is not proposed again. Raises ``Company.DoesNotExist`` as well."""
    row = _locked(pk, seen_version, _OPEN)
    company = Company.objects.get(pk=company_id)
    row.rejected = [*(each for each in row.rejected if each != company.pk), company.pk][-_MOST_REJECTED:]
    state = GoogleTenantState(row.state)
    after = {"company": company.pk, "company_name": company.name}
    return _decided(row, state, "match_rejected", after, actor=actor, now=now, request_id=request_id)


def _locked(pk: int, seen_version: int, states: tuple[GoogleTenantState, ...]) -> GoogleTenant:
    if "user_sync_google" not in allowed_switches():
        raise GoogleRefused(NOT_ALLOWED)
    row = GoogleTenant.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=pk)
    if row.version != seen_version:
        raise GoogleRefused(
            f"{row.decided_by_name or 'Somebody'} decided on it meanwhile. Look at it as it is now, then decide."
        )
    if row.state not in states:
        word = GoogleTenantState(row.state).label
        raise GoogleRefused(f"That can't be done with a tenant in the state “{word}”.")
    return row


def _decided(
    row: GoogleTenant, state: GoogleTenantState, verb: str, after: dict[str, Any], *, actor: Actor, now: datetime,
    request_id: str,
) -> GoogleTenant:  # fmt: skip
    before = {"state": row.state}
    row.state, row.version = state, row.version + 1
    row.decided_at, row.decided_by_name = now, actor.name[:200]
    row.save()
    target = Target("tenant", row.tenant.external_id, row.tenant.name or row.tenant.domain)
    happening = Happening(
        f"sync.google_tenant.{verb}", target, before=before, after={"state": state.value, **after},
        reason=row.reason if state is GoogleTenantState.IGNORED else "",
    )  # fmt: skip
    record_event(happening, actor=actor, marketplace_id=row.marketplace_id, now=now, request_id=request_id)
    return row
