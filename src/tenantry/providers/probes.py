"""What a test of a connection may look at, and how one outcome is told. Shared by the providers' probes."""

from dataclasses import dataclass
from enum import StrEnum


class ProbeName(StrEnum):
    """What is tested."""

    APPLICATION_KIND = "application_kind"
    SIGN_IN_APP_ONLY = "sign_in_app_only"
    SIGN_IN_APP_AND_USER = "sign_in_app_and_user"
    LIST_CUSTOMERS = "list_customers"
    READ_CUSTOMER = "read_customer"
    READ_BILLING = "read_billing"
    MFA = "mfa"
    PARTNER_ACCOUNT = "partner_account"
    READ_PEOPLE = "read_people"
    READ_ORGANISATION = "read_organisation"
    READ_ROLES = "read_roles"
    READ_LICENCES = "read_licences"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The outcome of one probe. ``ok`` is ``None`` when it could not be told, which ``sentence`` explains.

    ``permission`` names what is needed for it; ``next_step`` is empty when there is nothing to do.
    """

    name: ProbeName
    ok: bool | None
    permission: str
    sentence: str
    next_step: str = ""
