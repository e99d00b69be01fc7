"""What User Sync does when the provider hints at people: those of the linked company are read again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog

from tenantry.audit.events import Actor, ActorKind
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import ObservedKind, TenantLink, Trigger
from tenantry.sync.people.requests import request_people_sync
from tenantry.sync.people.runs import Wish
from tenantry.sync.people.schedule import marketplaces_syncing_people
from tenantry.sync.quarantine import may_be_tried
from tenantry.sync.requests import SyncRefused

_PROVIDER = Actor(ActorKind.SYSTEM, "The provider")
_MOST_COMPANIES = 50  # of one marketplace at once; what is left over comes with the daily run
_log = structlog.stdlib.get_logger(__name__)


def read_hinted_people(*, connection_id: int, tenant_ids: Sequence[str], now: datetime, **_: Any) -> None:
    """Start a run for each company linked to one of these tenants, or join its live one. In the hints' transaction.

    Nothing is read where User Sync is off, or of a connection that is set aside.
    """
    if not may_be_tried(connection_id, ObservedKind.PEOPLE, now=now):
        return
    for marketplace_id in marketplaces_syncing_people(connection_id):
        companies = _linked_companies(marketplace_id, connection_id, tenant_ids)
        if len(companies) > _MOST_COMPANIES:
            _log.warning(
                "hints_left_to_the_daily_run", connection_id=connection_id, left=len(companies) - _MOST_COMPANIES
            )
        for company_id in companies[:_MOST_COMPANIES]:
            wish = Wish(_PROVIDER, Trigger.HINT, company_id=company_id)
            try:
                request_people_sync(marketplace_id=marketplace_id, wish=wish, now=now, connection_id=connection_id)
            except SyncRefused:  # switched off a moment ago, or nobody has signed in
                break


def _linked_companies(marketplace_id: int, connection_id: int, tenant_ids: Sequence[str]) -> list[int]:
    with marketplace_scope(marketplace_id):
        links = TenantLink.objects.filter(
            tenant__external_id__in=tenant_ids, tenant__sightings__connection_id=connection_id,
            tenant__sightings__ended_at=None, ended_at=None, company__relationship_ended_at=None,
        )  # fmt: skip
        return sorted(set(links.values_list("company_id", flat=True)))
