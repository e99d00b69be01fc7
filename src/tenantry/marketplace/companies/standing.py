"""How far companies are: their status follows their people and invitations, unless a manager disabled them."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from tenantry.audit.events import SYSTEM, Actor
from tenantry.audit.services import record_event, record_events
from tenantry.isolation.scope import current_marketplace_id
from tenantry.marketplace.companies.telling import company_happening
from tenantry.marketplace.models import Company, CompanyStatus

# Enabled from the first person that accepted on; pending while somebody was invited and nobody accepted.
_SETTLE = """
with due as (
    select c.id, c.name, c.status as old,
        case
            when exists (select from marketplace_membership m where m.company_id = c.id and m.accepted_at is not null)
                then 'enabled'
            when exists (select from marketplace_membership m
                         join marketplace_invitation i on i.membership_id = m.id and i.state <> 'revoked'
                         where m.company_id = c.id)
                then 'pending'
            else 'without_login'
        end as new
    from marketplace_company c
    where c.id = any(%(ids)s) and (c.status <> 'disabled' or %(enable)s)
    order by c.id
    for update of c
)
update marketplace_company c set status = due.new from due where c.id = due.id and due.new <> due.old
returning c.id, due.name, due.old, due.new
"""


def settle_status(*, company_id: int, now: datetime, actor: Actor = SYSTEM, request_id: str = "") -> None:
    """Let a company's status follow its people and invitations. See :func:`settle_statuses`."""
    settle_statuses(company_ids=[company_id], now=now, actor=actor, request_id=request_id)


@transaction.atomic
def settle_statuses(
    *, company_ids: Collection[int], now: datetime, actor: Actor = SYSTEM, request_id: str = "",
    run_id: int | None = None,
) -> None:  # fmt: skip
    """Let the status of companies follow their people and invitations; disabled ones stay disabled.

    To be called after an invitation was made, revoked or accepted. Doing it again changes nothing.
    """
    happenings = [
        company_happening("status_changed", pk, name, before={"status": old}, after={"status": new})
        for pk, name, old, new in _settle(company_ids, enable=False)
    ]
    record_events(
        happenings, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id, run_id=run_id
    )


@transaction.atomic
def disable_company(*, company_id: int, reason: str, actor: Actor, now: datetime, request_id: str = "") -> bool:
    """Disable a company: its people can't enter it. Tells whether it was not disabled before."""
    company = Company.objects.select_for_update().get(pk=company_id)
    if company.status == CompanyStatus.DISABLED:
        return False
    before = {"status": company.status}
    Company.objects.filter(pk=company_id).update(status=CompanyStatus.DISABLED)
    after = {"status": CompanyStatus.DISABLED.value}
    happening = company_happening("disabled", company_id, company.name, before=before, after=after, reason=reason[:500])
    record_event(happening, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id)
    return True


@transaction.atomic
def enable_company(*, company_id: int, actor: Actor, now: datetime, request_id: str = "") -> bool:
    """Take the disabling back; the status is again what people and invitations make of it. Tells whether it was."""
    company = Company.objects.select_for_update().get(pk=company_id)
    if company.status != CompanyStatus.DISABLED:
        return False
    [(pk, name, old, new)] = _settle([company_id], enable=True)
    happening = company_happening("enabled", pk, name, before={"status": old}, after={"status": new})
    record_event(happening, actor=actor, marketplace_id=current_marketplace_id(), now=now, request_id=request_id)
    return True


def _settle(company_ids: Collection[int], *, enable: bool) -> list[tuple[int, str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, {"ids": list(company_ids), "enable": enable})
        return [(pk, name, old, new) for pk, name, old, new in cursor.fetchall()]
