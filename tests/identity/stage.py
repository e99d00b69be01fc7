"""Companies and people to invite, and reading the letters that they get."""

import email
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any

from django.utils import timezone
from tests.web.cast import Cast

from tenantry.core.search import search_keys
from tenantry.emulator.mailbox import MailSink
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.invitations.sending import SendingDone, send_due
from tenantry.marketplace.invitations.services import invite
from tenantry.marketplace.models import (
    Company,
    CompanyOrigin,
    Invitation,
    Marketplace,
    Membership,
    MembershipRole,
    MembershipState,
    User,
    UserKey,
)

ANNA = "anna@alpine.example"
PASSWORD = "a-goat-on-the-roof"


@dataclass
class Office:
    """Northwind's people at work: Alpine is a company without login, Anna its administrator, never invited."""

    cast: Cast
    marketplace: Marketplace
    alpine: Company
    anna: Membership

    def company(self, name: str = "Alpine Ski House") -> Company:
        with self.scope():
            return Company.objects.get(name=name)

    def scope(self) -> Any:
        return marketplace_scope(self.marketplace.pk)

    def person(self, address: str, *, company: Company | None = None, **given: Any) -> Membership:
        """Put a person into a company, as an import does; ``given`` is for the membership."""
        return add_person(self.marketplace, company or self.alpine, address, **given)

    def invite(self, membership: Membership | None = None, **given: Any) -> Invitation:
        """Let the owner invite somebody (Anna)."""
        with self.scope():
            return invite(
                membership_id=(membership or self.anna).pk,
                **{"actor": self.cast.actor("owner"), "now": timezone.now(), **given},
            )

    def send(self, *, per_hour: int = 50, at: datetime | None = None) -> SendingDone:
        """Send what is due, as the worker does."""
        return send_due(
            marketplace_id=self.marketplace.pk, per_hour=per_hour, clock=(lambda: at) if at else timezone.now
        )

    def membership(self, membership: Membership | None = None) -> Membership:
        with self.scope():
            return Membership.objects.select_related("user", "company").get(pk=(membership or self.anna).pk)

    def invitation(self, invitation: Invitation) -> Invitation:
        with self.scope():
            return Invitation.objects.get(pk=invitation.pk)

    def link(self, sink: MailSink, number: int = -1) -> str:
        """Return the path behind the link of a letter, the last one by default."""
        found = re.search(r"http://testserver(/invitation/[\w-]+/)", text_in(letters(sink)[number]))
        assert found is not None
        return found[1]

    def invited(self, sink: MailSink, membership: Membership | None = None) -> str:
        """Invite, send, and return the path behind the link."""
        self.invite(membership)
        self.send()
        return self.link(sink)


def add_person(marketplace: Marketplace, company: Company, address: str, **given: Any) -> Membership:
    with marketplace_scope(marketplace.pk):
        user = User.objects.filter(email=address).exclude(email="").first() or User.objects.create(
            marketplace=marketplace, email=address, language=given.pop("language", ""), origin=CompanyOrigin.IMPORT,
            created_at=timezone.now(),
        )  # fmt: skip
        keys = search_keys([address], [], [])
        rows = [UserKey(marketplace=marketplace, user=user, key=key) for key in keys]
        UserKey.objects.bulk_create(rows, ignore_conflicts=True)
        return Membership.objects.create(
            marketplace=marketplace, user=user, company=company, origin=CompanyOrigin.IMPORT,
            created_at=timezone.now(),
            **{"role": MembershipRole.USER, "state": MembershipState.ACTIVE, **given},
        )  # fmt: skip


def open_office(cast: Cast, *, now: datetime) -> Office:
    with marketplace_scope(cast.northwind.pk):
        alpine = Company.objects.create(
            marketplace=cast.northwind, name="Alpine Ski House", origin=CompanyOrigin.BY_HAND, created_at=now
        )
    anna = add_person(
        cast.northwind, alpine, ANNA, role=MembershipRole.ADMINISTRATOR, profile_first_name="Anna",
        profile_last_name="Berg",
    )  # fmt: skip
    return Office(cast, cast.northwind, alpine, anna)


def letters(sink: MailSink) -> list[EmailMessage]:
    """Return what the mail server caught, the oldest first."""
    return [email.message_from_bytes(content, policy=default) for content in sink.messages()]


def text_in(letter: EmailMessage, kind: str = "plain") -> str:
    part = letter.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def later(**span: float) -> datetime:
    return timezone.now() + timedelta(**span)
