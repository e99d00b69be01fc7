"""The sync's tables: what was observed (shared), and what each marketplace made of it (owned)."""

from tenantry.sync.models.decisions import (
    ConnectRequest,
    ConnectState,
    Decision,
    DecisionKind,
    KeyRebuild,
    Match,
    StaleMatching,
)
from tenantry.sync.models.holds import Approval, Hold, HoldState
from tenantry.sync.models.observed import (
    Finding,
    Observation,
    ObservationPage,
    ObservationState,
    Sighting,
    Tenant,
)
from tenantry.sync.models.pending import PendingCompany, PendingKey, PendingMatchKey, PendingState, TenantLink
from tenantry.sync.models.runs import Change, ChangeState, Run, RunKind, RunState, Trigger
from tenantry.sync.models.settings import BrakeLimits, CompanySyncSettings, Entitlement, Feed

__all__ = [
    "Approval",
    "BrakeLimits",
    "Change",
    "ChangeState",
    "CompanySyncSettings",
    "ConnectRequest",
    "ConnectState",
    "Decision",
    "DecisionKind",
    "Entitlement",
    "Feed",
    "Finding",
    "Hold",
    "HoldState",
    "KeyRebuild",
    "Match",
    "Observation",
    "ObservationPage",
    "ObservationState",
    "PendingCompany",
    "PendingKey",
    "PendingMatchKey",
    "PendingState",
    "Run",
    "RunKind",
    "RunState",
    "Sighting",
    "StaleMatching",
    "Tenant",
    "TenantLink",
    "Trigger",
]
