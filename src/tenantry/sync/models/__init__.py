"""The sync's tables: what was observed (shared), and what each marketplace made of it (owned)."""

from tenantry.sync.models.observed import (
    Finding,
    Observation,
    ObservationPage,
    ObservationState,
    Sighting,
    Tenant,
)
from tenantry.sync.models.pending import PendingCompany, PendingKey, PendingState, TenantLink
from tenantry.sync.models.runs import Change, ChangeState, Run, RunState, Trigger
from tenantry.sync.models.settings import CompanySyncSettings, Entitlement, Feed

__all__ = [
    "Change",
    "ChangeState",
    "CompanySyncSettings",
    "Entitlement",
    "Feed",
    "Finding",
    "Observation",
    "ObservationPage",
    "ObservationState",
    "PendingCompany",
    "PendingKey",
    "PendingState",
    "Run",
    "RunState",
    "Sighting",
    "Tenant",
    "TenantLink",
    "Trigger",
]
