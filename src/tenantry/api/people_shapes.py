"""Shapes of people of directories: what becomes of each and why, who waits for an invitation."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from tenantry.api.shapes import Count, Given, Id, PageQuery, PageShape, choice, one_of
from tenantry.connections.models import Provider
from tenantry.marketplace.models import Membership, MembershipRole
from tenantry.sync.models import UserLink
from tenantry.sync.people.filters import PeopleFilter
from tenantry.sync.people.inviting_by_hand import MOST_AT_ONCE
from tenantry.sync.people.licence_names import in_words
from tenantry.sync.people.one_person import PersonSync
from tenantry.sync.people.queries import PendingUser, PersonRow, licences_of

INVITED = {"yes": True, "no": False}
_TOLD = (
    "display_name first_name last_name aliases kind enabled suspension admin org_unit licences language country phone "
    "job_title department left_at"
).split()
_NAMES = "What the licences are called, in the order of their ids; where nobody told a name, the id."


class DirectoryPeopleQuery(PageQuery):
    """Which people of directories a list shows, by name."""

    company: Id = choice(PeopleFilter, "company")
    provider: str = choice(PeopleFilter, "provider")
    verdict: str = choice(PeopleFilter, "verdict")
    reason: str = choice(PeopleFilter, "reason")


class UserLinkTold(Schema):
    """The user who a person of a directory is."""

    user_id: int
    membership_id: int
    made_by: str = Field(description="How the two came together: created, email, alias, or person.")
    created_at: datetime

    @classmethod
    def of(cls, link: UserLink | None) -> "UserLinkTold | None":
        """Return a link as an answer says it."""
        return cls(**{name: getattr(link, name) for name in cls.model_fields}) if link else None


class DirectoryPersonRow(Schema):
    """A person of a directory with what becomes of them. ``verdict``: in, out, or skipped for a person to look at."""

    id: int
    directory_id: str = Field(description="The provider's own id of the person.")
    name: str = Field(description="Empty for somebody whose data was removed.")
    email: str
    user_name: str
    company_id: int
    company: str
    provider: str
    verdict: str
    reason: str
    sentence: str = Field(description="The reason for people.")
    since: datetime
    linked: UserLinkTold | None

    @staticmethod
    def facts(row: PersonRow) -> dict[str, Any]:
        """Return the members of this shape."""
        standing, person = row.standing, row.standing.person
        return {
            "id": person.pk, "directory_id": person.external_id, "name": row.name, "email": person.email or "",
            "user_name": person.user_name or "", "company_id": standing.company_id, "company": standing.company.name,
            "provider": standing.provider, "verdict": standing.verdict, "reason": standing.reason,
            "sentence": row.reason, "since": standing.since, "linked": UserLinkTold.of(row.link),
        }  # fmt: skip


class DirectoryPeoplePage(PageShape):
    """A page of people of directories. ``counts``: of each verdict, whatever verdict and reason are asked for."""

    items: list[DirectoryPersonRow]
    count: Count
    counts: dict[str, int]


class DirectoryPersonDetail(DirectoryPersonRow):
    """What the directory says of a person, besides; ``null`` is what it does not tell."""

    tenant: str
    display_name: str | None
    first_name: str | None
    last_name: str | None
    aliases: list[str] | None
    kind: str | None
    enabled: bool | None
    suspension: str | None
    admin: str | None
    org_unit: str | None
    licences: list[str] | None
    licence_names: list[str] | None = Field(description=_NAMES)
    language: str | None
    country: str | None
    phone: str | None
    job_title: str | None
    department: str | None
    left_at: datetime | None

    @classmethod
    def of(cls, row: PersonRow) -> "DirectoryPersonDetail":
        """Return all that is known of a person, as an answer says it."""
        told = {name: getattr(row.standing.person, name) for name in _TOLD}
        names = in_words(licences_of(row))
        return cls(**cls.facts(row), tenant=row.standing.tenant.name, licence_names=names, **told)


class StepTold(Schema):
    """One thing that was done, and how it went. ``well`` is false for what went wrong."""

    what: str
    outcome: str
    well: bool


class PersonSynced(Schema):
    """What syncing one person did, step by step; the run has the changes."""

    run_id: int
    steps: list[StepTold]

    @classmethod
    def of(cls, done: PersonSync) -> "PersonSynced":
        """Return it as an answer says it."""
        steps = [StepTold(**asdict(step)) for step in done.steps]
        return cls(run_id=done.run_id, steps=steps)


class PendingUsersQuery(PageQuery):
    """Which of the people who wait a list shows, newest first."""

    provider: str = one_of(Provider.values, None, "Whose directory they came from.")
    invited: str = one_of(INVITED, None, "Whether they were ever invited.")


class PendingUserRow(Schema):
    """Somebody who came in and has not accepted an invitation. ``version`` is what a correction names in ``If-Match``.

    ``user_name`` is what the provider signs in with: an address to write to only if a person says so.
    """

    membership_id: int
    user_id: int
    version: int
    person_id: int
    name: str
    email: str
    user_name: str
    provider: str
    role: str
    licences: list[str] | None = Field(description="The provider's SKU ids. Null where they are not told.")
    licence_names: list[str] | None = Field(description=_NAMES)
    invitation_id: int | None
    standing: str = Field(description="not invited, invited, bounced or expired.")
    came_at: datetime

    @classmethod
    def of(cls, row: PendingUser) -> "PendingUserRow":
        """Return somebody who waits as an answer says it."""
        link, user = row.link, row.link.user
        return cls(
            membership_id=link.membership_id, user_id=link.user_id, version=user.version, person_id=link.person_id,
            name=user.name, email=user.email, user_name=row.user_name, provider=link.tenant.provider,
            role=link.membership.role, licences=link.person.licences, licence_names=in_words(row.licences),
            standing=row.standing,
            invitation_id=row.invitation.pk if row.invitation else None, came_at=link.created_at,
        )  # fmt: skip


class PendingUsersPage(PageShape):
    """A page of people who wait."""

    items: list[PendingUserRow]
    count: Count


class PendingInviteGiven(Given):
    """Whom to invite, by membership, by address, or both; and what they become in the company."""

    membership_ids: list[Id] = Field(default_factory=list, max_length=MOST_AT_ONCE)
    addresses: list[str] = Field(default_factory=list, max_length=MOST_AT_ONCE)
    role: str = one_of(MembershipRole.values, ..., "What they become in the company.")


class NotInvited(Schema):
    """Somebody who can't be invited, and why."""

    name: str
    sentence: str


class PendingInvited(Schema):
    """What became of them. Who is not ``invited`` is named in one of the lists."""

    invited: int
    unconfirmed: list[str] = Field(
        description="Their address looks like a user name. Invite each by itself, with address_confirmed."
    )
    refused: list[NotInvited]
    unknown_addresses: list[str] = Field(description="Addresses of nobody who waits in the company.")
    unknown_ids: list[int] = Field(description="Memberships of nobody who waits in the company.")


class AddressGiven(Given):
    """The address that an invitation goes to."""

    email: str = Field(min_length=1, max_length=254)


class LinkSearch(Schema):
    """Words of the name or address; without any, the first by name."""

    q: str = Field("", max_length=200)


class UserToLink(Schema):
    """A user of the company whom somebody who came in may be."""

    membership_id: int
    user_id: int
    name: str
    email: str
    role: str
    state: str


class UsersToLink(Schema):
    """Users of the company by name, the first twenty that fit."""

    items: list[UserToLink]

    @classmethod
    def of(cls, places: Sequence[Membership]) -> "UsersToLink":
        """Return places as an answer says them."""
        items = [
            UserToLink(
                membership_id=place.pk, user_id=place.user_id, name=place.user.name, email=place.user.email,
                role=place.role, state=place.state,
            )
            for place in places
        ]  # fmt: skip
        return cls(items=items)


class UserLinkGiven(Given):
    """The user who it is, by membership in the same company."""

    membership_id: Id
