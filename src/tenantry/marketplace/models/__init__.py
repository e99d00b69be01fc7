"""The marketplace's tables: the store and its staff, companies, people, invitations, imports."""

from tenantry.marketplace.models.companies import (
    Company,
    CompanyDomain,
    CompanyKey,
    CompanyMatchKey,
    CompanyOrigin,
    CompanyStatus,
    CompanyTenantId,
    FieldOwner,
)
from tenantry.marketplace.models.imports import Import, ImportLine, ImportState, LineState
from tenantry.marketplace.models.people import (
    LIVE_INVITATION,
    Invitation,
    InvitationState,
    Membership,
    MembershipRole,
    MembershipState,
    Pin,
    User,
    UserKey,
)
from tenantry.marketplace.models.store import Marketplace, SharingGroup, StaffRole

__all__ = [
    "LIVE_INVITATION",
    "Company",
    "CompanyDomain",
    "CompanyKey",
    "CompanyMatchKey",
    "CompanyOrigin",
    "CompanyStatus",
    "CompanyTenantId",
    "FieldOwner",
    "Import",
    "ImportLine",
    "ImportState",
    "Invitation",
    "InvitationState",
    "LineState",
    "Marketplace",
    "Membership",
    "MembershipRole",
    "MembershipState",
    "Pin",
    "SharingGroup",
    "StaffRole",
    "User",
    "UserKey",
]
