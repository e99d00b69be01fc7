"""The sync's tables: what was observed (shared), and what each marketplace made of it (owned)."""

from tenantry.sync.models.decisions import (
    ConnectRequest,
    ConnectState,
    Decision,
    DecisionKind,
    KeyRebuild,
    Match,
    MatchingEpoch,
    StaleMatching,
)
from tenantry.sync.models.google import GoogleTenant, GoogleTenantState
from tenantry.sync.models.hints import Hint, HintSource, PushChannel
from tenantry.sync.models.holds import Approval, Hold, HoldState
from tenantry.sync.models.notices import Notice, NoticeRead, OperatorNotice, OperatorNoticeRead, Quarantine
from tenantry.sync.models.observed import (
    Finding,
    Observation,
    ObservationPage,
    ObservationState,
    ObservedKind,
    Sighting,
    Tenant,
)
from tenantry.sync.models.pending import PendingCompany, PendingKey, PendingMatchKey, PendingState, TenantLink
from tenantry.sync.models.people import (
    DirectoryUser,
    LicenceName,
    LinkMaker,
    PeopleReading,
    PersonStanding,
    RunTenant,
    RunTenantState,
    UserLink,
)
from tenantry.sync.models.runs import Change, ChangeState, Run, RunKind, RunState, SubjectKind, Trigger
from tenantry.sync.models.samples import QueueSample
from tenantry.sync.models.settings import (
    BrakeLimits,
    CompanySyncSettings,
    Entitlement,
    Feed,
    Schedule,
    UserSyncSettings,
)

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
    "DirectoryUser",
    "Entitlement",
    "Feed",
    "Finding",
    "GoogleTenant",
    "GoogleTenantState",
    "Hint",
    "HintSource",
    "Hold",
    "HoldState",
    "KeyRebuild",
    "LicenceName",
    "LinkMaker",
    "Match",
    "MatchingEpoch",
    "Notice",
    "NoticeRead",
    "Observation",
    "ObservationPage",
    "ObservationState",
    "ObservedKind",
    "OperatorNotice",
    "OperatorNoticeRead",
    "PendingCompany",
    "PendingKey",
    "PendingMatchKey",
    "PendingState",
    "PeopleReading",
    "PersonStanding",
    "PushChannel",
    "Quarantine",
    "QueueSample",
    "Run",
    "RunKind",
    "RunState",
    "RunTenant",
    "RunTenantState",
    "Schedule",
    "Sighting",
    "StaleMatching",
    "SubjectKind",
    "Tenant",
    "TenantLink",
    "Trigger",
    "UserLink",
    "UserSyncSettings",
]
