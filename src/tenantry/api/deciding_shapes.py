"""Shapes of decisions on pending companies: what they send and answer."""

from datetime import date

from ninja import Schema
from pydantic import Field

from tenantry.api.shapes import Address, Given, Id, one_of
from tenantry.core.drafts import CompanyDraft
from tenantry.sync.deciding.reasons import IGNORE_REASONS, LONGEST_REASON


class PendingDraft(Schema):
    """The company that a tenant would become."""

    name: str
    country: str
    address: Address
    phone: str
    registration_number: str
    contact_name: str
    contact_email: str
    contact_phone: str
    domains: list[str]
    invite: bool = Field(description="Whether the first person is invited when nobody says otherwise.")

    @classmethod
    def of(cls, draft: CompanyDraft, *, invites: bool) -> "PendingDraft":
        """Return a draft as an answer says it."""
        return cls(
            name=draft.name, country=draft.country, address=Address.of(draft.address), phone=draft.phone,
            registration_number=draft.registration_number, contact_name=draft.contact_name,
            contact_email=draft.contact_email, contact_phone=draft.contact_phone,
            domains=[domain.domain for domain in draft.domains], invite=invites,
        )  # fmt: skip


class CompanyGiven(Given):
    """A company as it should become. What is left out is taken from the tenant."""

    name: str | None = Field(None, max_length=300)
    country: str | None = Field(None, max_length=2)
    address: Address | None = None
    phone: str | None = Field(None, max_length=60)
    website: str | None = Field(None, max_length=300)
    registration_number: str | None = Field(None, max_length=60)
    contact_name: str | None = Field(None, max_length=300)
    contact_email: str | None = Field(None, max_length=254)
    contact_phone: str | None = Field(None, max_length=60)
    domains: list[str] | None = Field(None, max_length=500)
    invite: bool | None = Field(None, description="Invite the first person; null as the settings say.")


class LinkGiven(Given):
    """The company to link to."""

    company_id: Id
    fill_blanks: bool = False
    add_contact: bool = False


class RejectGiven(Given):
    """The company that it is not."""

    company_id: Id


class IgnoreGiven(Given):
    """Why it is put aside."""

    reason_key: str = one_of(IGNORE_REASONS, ..., "The reason.")
    reason: str = Field("", max_length=LONGEST_REASON)


class SnoozeGiven(Given):
    """The day at whose beginning it comes back."""

    until: date


class Decided(Schema):
    """What a decision did. ``decision_id`` is what taking it back names."""

    pending_id: int
    decision_id: int
    kind: str
    version: int
    state: str
    company_id: int | None
    company: str
    invited: bool


class UndoEffect(Schema):
    """What taking a decision back would do, and what it can't. ``refusal`` says why it is not possible."""

    possible: bool
    refusal: str
    does: list[str]
    stays: list[str]
