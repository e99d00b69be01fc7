"""Sends what waits: claims an invitation in one transaction, hands its letter over outside any, then notes the end.

A sender that dies between leaves a claim behind; after :data:`LEASE` the letter is sent again, with the same
Message-ID and the same link. Nothing that waits is ever given up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F, Min, Q, QuerySet

from tenantry import jobs
from tenantry.audit.events import SYSTEM
from tenantry.audit.services import record_event
from tenantry.core.invitations import LIFETIME, retry_after
from tenantry.isolation.scope import current_marketplace_id, marketplace_scope
from tenantry.mail import MailNotSent, MailSetup, message_of, send
from tenantry.marketplace.invitations.letters import Outgoing, outgoing_of
from tenantry.marketplace.invitations.telling import invitation_happening
from tenantry.marketplace.invitations.tokens import LinkLost
from tenantry.marketplace.models import Invitation, InvitationState, MembershipState

LEASE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
_TASK = "tenantry.sync.tasks.send_invitations"  # above us: it knows the marketplace's limit
_LOCK = 7_461_002  # of advisory locks: one claim at a time in a marketplace


@dataclass(frozen=True, slots=True)
class SendingDone:
    """What one round came to. ``next_at``: when there will be something to send again, if anything waits."""

    sent: int = 0
    failed: int = 0
    next_at: datetime | None = None


def enqueue_sending(marketplace_id: int, *, at: datetime | None = None) -> None:
    """Have the marketplace's waiting invitations sent, with the running transaction's commit or at a later time."""
    # Another lock for later: a job that waits for its time must not keep one for now out of the queue.
    name = f"invitations-{marketplace_id}"
    lock = name if at is None else f"{name}-later"
    jobs.defer(_TASK, lock=lock, at=at, looked_for=True, marketplace_id=marketplace_id)


def send_due(
    *, marketplace_id: int, per_hour: int, clock: Callable[[], datetime],
    should_stop: Callable[[], bool] = lambda: False,
) -> SendingDone:  # fmt: skip
    """Send the invitations that wait, at most ``per_hour`` in any hour, until none is due or ``should_stop`` says so.

    A recipient that the server refuses for good is noted as bounced. When the server itself fails, everything that
    waits is put off, longer each time, and shows why. Call it outside any transaction and scope.
    """
    setup: MailSetup = settings.MAIL
    sent = failed = 0
    while setup.server is not None and not should_stop():
        with marketplace_scope(marketplace_id):
            outgoing = _claim(setup, per_hour=per_hour, now=clock())
        if outgoing is None:
            break
        problem = _hand_over(outgoing, setup, clock())
        with marketplace_scope(marketplace_id):
            _note(outgoing.invitation_id, problem, now=clock())
        sent, failed = (sent + 1, failed) if problem is None else (sent, failed + 1)
    with marketplace_scope(marketplace_id):
        return SendingDone(sent, failed, _next_at(setup, per_hour=per_hour, now=clock()))


def _hand_over(outgoing: Outgoing, setup: MailSetup, now: datetime) -> MailNotSent | None:
    if connection.in_atomic_block or setup.server is None:
        raise RuntimeError("Letters are handed over outside any transaction, to a server that is set up.")
    try:
        message = message_of(
            outgoing.letter,
            sender=outgoing.sender,
            recipient=outgoing.recipient,
            message_id=outgoing.message_id,
            at=now,
        )
        send(message, sender=outgoing.sender.email, recipient=outgoing.recipient.email, server=setup.server)
    except MailNotSent as problem:
        return problem
    except ValueError as error:  # an address that no header takes
        return MailNotSent(f"The letter can't be addressed: {error}", permanent=True)
    return None


def _claim(setup: MailSetup, *, per_hour: int, now: datetime) -> Outgoing | None:
    """Mark the next due invitation as being sent, and return its letter; ``None`` when none is due or allowed."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_LOCK, current_marketplace_id() % 2**31])
    while _left_within_the_hour(now).count() < per_hour:
        row = _due(now).select_related("membership__user", "membership__company", "marketplace").first()
        if row is None:
            return None
        if row.membership.state == MembershipState.INACTIVE or row.membership.user.email.lower() != row.email:
            Invitation.objects.filter(pk=row.pk).update(state=InvitationState.REVOKED, ended_at=now)
            continue
        row.expires_at = now + LIFETIME
        try:
            outgoing = outgoing_of(row, setup)
        except LinkLost as problem:
            Invitation.objects.filter(pk=row.pk).update(state=InvitationState.BOUNCED, problem=str(problem))
            continue
        Invitation.objects.filter(pk=row.pk).update(
            claimed_at=now, attempts=F("attempts") + 1, expires_at=row.expires_at
        )
        return outgoing
    return None


def _due(now: datetime) -> QuerySet[Invitation]:
    """Return what may be sent, oldest first: not put off, and not being sent by somebody else."""
    return Invitation.objects.filter(
        Q(next_attempt_at=None) | Q(next_attempt_at__lte=now),
        # A claim from a time to come was made by a clock that is right again.
        Q(claimed_at=None) | Q(claimed_at__lte=now - LEASE) | Q(claimed_at__gt=now + LEASE),
        state=InvitationState.WAITING,
    ).order_by("created_at", "pk")


def _left_within_the_hour(now: datetime) -> QuerySet[Invitation]:
    """Return what left, or may have left, since an hour ago."""
    since = now - HOUR
    underway = Q(state=InvitationState.WAITING, claimed_at__gt=now - LEASE)
    return Invitation.objects.filter(Q(sent_at__gt=since) | underway)


def _note(invitation_id: int, problem: MailNotSent | None, *, now: datetime) -> None:
    row = Invitation.objects.select_related("membership__company").select_for_update(of=("self",)).get(pk=invitation_id)
    row.claimed_at = None
    if problem is None:
        row.sent_at, row.problem = now, ""
        verb = "sent"
        if row.state == InvitationState.WAITING:  # it may have been revoked while it left
            row.state = InvitationState.SENT
    elif problem.permanent:
        row.problem, verb = str(problem), "bounced"
        if row.state == InvitationState.WAITING:
            row.state = InvitationState.BOUNCED
    else:
        _put_off(row, str(problem), now=now)
        return
    row.next_attempt_at = None
    row.save(update_fields=["claimed_at", "sent_at", "problem", "state", "next_attempt_at"])
    happening = invitation_happening(verb, row, reason=row.problem)
    record_event(happening, actor=SYSTEM, marketplace_id=row.marketplace_id, now=now)


def _put_off(row: Invitation, problem: str, *, now: datetime) -> None:
    """The server failed: nothing else would get through now either."""
    later = now + retry_after(row.attempts)
    Invitation.objects.filter(pk=row.pk).update(claimed_at=None)
    waiting = Invitation.objects.filter(state=InvitationState.WAITING, claimed_at=None)
    waiting.update(next_attempt_at=later, problem=problem[:500])


def _next_at(setup: MailSetup, *, per_hour: int, now: datetime) -> datetime | None:
    waiting = Invitation.objects.filter(state=InvitationState.WAITING)
    if setup.server is None or not waiting.exists():
        return None
    left = _left_within_the_hour(now)
    if left.count() >= per_hour:
        oldest = left.aggregate(at=Min("sent_at"))["at"]
        return (oldest or now) + HOUR
    earliest = waiting.aggregate(at=Min("next_attempt_at"))["at"]
    return max(earliest or now, now + timedelta(seconds=1))
