"""Creates companies, one or many at once. In a marketplace's scope."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from tenantry.audit.events import Actor
from tenantry.audit.services import record_events
from tenantry.core.drafts import CompanyDraft, clean_draft
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.companies.guarding import TAKEN, follow_companies, refuse_taken_ids
from tenantry.marketplace.companies.refusals import CompanyRefused
from tenantry.marketplace.companies.telling import company_happening, told
from tenantry.marketplace.companies.writing import insert_companies
from tenantry.marketplace.models import Company, CompanyOrigin


def create_company(
    *, draft: CompanyDraft, origin: CompanyOrigin, actor: Actor, now: datetime, request_id: str = "",
    run_id: int | None = None,
) -> Company:  # fmt: skip
    """Create one company. Raises :class:`CompanyRefused`."""
    [company_id] = create_companies(
        drafts=[draft], origin=origin, actor=actor, now=now, request_id=request_id, run_id=run_id
    )
    return Company.objects.get(pk=company_id)


@transaction.atomic
def create_companies(
    *, drafts: Sequence[CompanyDraft], origin: CompanyOrigin, actor: Actor, now: datetime, request_id: str = "",
    run_id: int | None = None,
) -> list[int]:  # fmt: skip
    """Create a company per draft; return their primary keys in order.

    Raises :class:`CompanyRefused` for the first draft that can't be, and then nothing was written.
    """
    drafts = [_cleaned(draft) for draft in drafts]
    refuse_taken_ids({draft.external_id: None for draft in drafts if draft.external_id}, drafts)
    try:
        with transaction.atomic():
            ids = insert_companies(drafts, origin=origin, now=now)
    except IntegrityError as error:
        raise CompanyRefused({"external_id": TAKEN}) from error
    happenings = [
        company_happening("created", pk, draft.name, after=told(draft) | {"origin": origin.value})
        for pk, draft in zip(ids, drafts, strict=True)
    ]
    record_events(
        happenings, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id, run_id=run_id
    )
    follow_companies(ids)
    return ids


def _cleaned(draft: CompanyDraft) -> CompanyDraft:
    cleaned, errors = clean_draft(draft)
    if errors:
        raise CompanyRefused(errors)
    return cleaned
