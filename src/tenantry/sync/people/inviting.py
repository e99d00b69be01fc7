"""Plans whom the rule invites after people came in. In the marketplace's scope."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
from psycopg.types.json import Jsonb

from tenantry.core.planning.users.inviting import Newcomer, is_invited_by_rule
from tenantry.core.planning.users.planning import UserChangeKind
from tenantry.isolation.bulk import insert_rows
from tenantry.marketplace.models import Invitation, MembershipState
from tenantry.sync.models import Change, ChangeState, LinkMaker, Run, SubjectKind, UserLink
from tenantry.sync.people.planning import PEOPLE_COLUMNS, Rulebook

_WAITS = [ChangeState.PLANNED, ChangeState.HELD, ChangeState.APPROVED, ChangeState.REJECTED]
_KIND = UserChangeKind.INVITE.value


def plan_invitations(run: Run, rulebook: Rulebook, *, now: datetime) -> int:
    """Store a change for everybody who came in since the rule was on and was never invited; return how many."""
    if rulebook.invite_since is None or run.connection is None:
        return 0
    links = [link for link in _newcomers(run, rulebook.invite_since) if _wants(link, rulebook.invite_since)]
    rows = [
        (
            run.marketplace_id, run.pk, link.tenant_id, _KIND, SubjectKind.PERSON.value, link.person_id,
            link.person.external_id, link.user.name or link.user.email, None, Jsonb({"invited": True}),
            "Came in while people are invited automatically.", ChangeState.PLANNED.value, "",
            Jsonb({"company": link.membership.company_id, "membership": link.membership_id}), now,
        )
        for link in links
    ]  # fmt: skip
    insert_rows(Change, PEOPLE_COLUMNS, rows, on_conflict="on conflict do nothing")
    return len(rows)


def _newcomers(run: Run, since: datetime) -> Iterable[UserLink]:
    assert run.connection is not None  # noqa: S101 (the caller asked)
    waiting = Change.objects.filter(person_id=OuterRef("person_id"), kind=_KIND, state__in=_WAITS, run__preview=False)
    invited = Invitation.objects.filter(membership_id=OuterRef("membership_id"))
    links: QuerySet[UserLink] = UserLink.objects.filter(
        ended_at=None, created_at__gte=since, made_by=LinkMaker.CREATED, tenant__provider=run.connection.provider,
        membership__accepted_at=None,
    ).exclude(membership__state=MembershipState.INACTIVE).exclude(user__email="")  # fmt: skip
    if run.company_id is not None:
        links = links.filter(membership__company_id=run.company_id)
    if run.person_id is not None:
        links = links.filter(person_id=run.person_id)
    found = links.exclude(Exists(waiting)).exclude(Exists(invited)).select_related("user", "person", "membership")
    return found.order_by("id").iterator(chunk_size=2_000)


def _wants(link: UserLink, since: datetime) -> bool:
    return is_invited_by_rule(Newcomer(link.created_at, link.user.email), since)
