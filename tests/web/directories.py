"""Puts people of directories on a marketplace's stage, as User Sync would have left them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from tests.web.people import ACTOR

from tenantry.connections.models import Connection
from tenantry.core.planning.users.reasons import Reason, verdict_of
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Company, CompanyOrigin, MembershipRole
from tenantry.marketplace.people.services import Arrival, PersonDraft, bring_people
from tenantry.sync.models import (
    DirectoryUser,
    LicenceName,
    LinkMaker,
    PeopleReading,
    PersonStanding,
    Tenant,
    TenantLink,
    UserLink,
)


@dataclass(frozen=True)
class Somebody:
    """A person of a directory. Only who follows it is linked to a user that came in with it."""

    name: str
    email: str = ""
    user_name: str = ""
    reason: Reason = Reason.FOLLOWS
    licences: Sequence[str] | None = ()


def add_directory(
    company: Company, connection: Connection, *people: Somebody, provider: str = "microsoft"
) -> list[DirectoryUser]:
    """Link a tenant to the company, and let these people be read in it; they, in order."""
    now = timezone.now()
    tenant = Tenant.objects.create(
        provider=provider, cloud="global", external_id=str(uuid.uuid4()), name=f"{company.name} directory",
        domain="directory.example", content_hash=uuid.uuid4(), first_seen_at=now, changed_at=now,
    )  # fmt: skip
    PeopleReading.objects.create(
        connection=connection, tenant=tenant, api="graph", api_reason="Microsoft Graph, because it is permitted here.",
        tried_at=now, users_at=now - timedelta(minutes=5), people=len(people),
    )  # fmt: skip
    with marketplace_scope(company.marketplace_id):
        TenantLink.objects.create(marketplace_id=company.marketplace_id, tenant=tenant, company=company, created_at=now)
    return [_add(company, tenant, each) for each in people]


def _add(company: Company, tenant: Tenant, somebody: Somebody) -> DirectoryUser:
    now, (first, _, last) = timezone.now(), somebody.name.partition(" ")
    user_name = somebody.user_name or somebody.email
    person = DirectoryUser.objects.create(
        tenant=tenant, external_id=str(uuid.uuid4()), presence="present", user_name=user_name, email=somebody.email,
        display_name=somebody.name, first_name=first, last_name=last, licences=somebody.licences, enabled=True,
        content_hash=uuid.uuid4(), first_seen_at=now, changed_at=now,
    )  # fmt: skip
    with marketplace_scope(company.marketplace_id):
        PersonStanding.objects.create(
            marketplace_id=company.marketplace_id, person=person, tenant=tenant, company=company,
            provider=tenant.provider, verdict=verdict_of(somebody.reason).value, reason=somebody.reason.value,
            since=now, sort_name=somebody.name.casefold(),
        )  # fmt: skip
        if somebody.reason is Reason.FOLLOWS:
            arrival = Arrival(company.pk, PersonDraft(somebody.email, first, last), MembershipRole.USER)
            [brought] = bring_people(arrivals=[arrival], origin=CompanyOrigin.SYNC, actor=ACTOR, now=now)
            UserLink.objects.create(
                marketplace_id=company.marketplace_id, person=person, tenant=tenant, user_id=brought.user_id,
                membership_id=brought.membership_id, made_by=LinkMaker.CREATED, created_at=now,
            )  # fmt: skip
    return person


def name_licence(sku_id: str, name: str, provider: str = "microsoft") -> None:
    """Let a SKU have a name, as if a reading had told it."""
    LicenceName.objects.create(provider=provider, sku_id=sku_id, name=name, changed_at=timezone.now())
