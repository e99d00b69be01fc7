"""Keeps what providers promised to tell at once: asks, asks again before the end, and stops what nobody wants.

What a promise brings are hints. When none can be had, nothing is lost: people are read each day anyway.
"""

import secrets
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Greatest

from tenantry.audit.events import Actor
from tenantry.connections.hints import may_be_reached, note_pushes, notification_url, push_url, switch_pushes
from tenantry.connections.models import Connection
from tenantry.connections.pushes import can_push, open_pushes, pushes_through
from tenantry.core.pushes import HeldPush, PushState, plan_pushes
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.invitations.tokens import digest_of
from tenantry.providers.base import PushSource, WantedPush
from tenantry.providers.errors import ProviderError
from tenantry.sync.driving import only_here
from tenantry.sync.models import ObservedKind, PushChannel
from tenantry.sync.people.linked import linked_tenants
from tenantry.sync.people.schedule import marketplaces_syncing_people
from tenantry.sync.quarantine import may_be_tried
from tenantry.sync.queue import enqueue_pushes

_LOCK_CLASS = 71_031
_log = structlog.stdlib.get_logger(__name__)
Clock = Callable[[], datetime]
ShouldStop = Callable[[], bool]


def switch_and_keep(connection_id: int, *, on: bool, actor: Actor, now: datetime) -> Connection:
    """Switch a connection's pushes on or off, with the job that asks for them or stops them.

    Raises ``NoAddress``.
    """
    with transaction.atomic():
        row = switch_pushes(connection_id, on=on, actor=actor, now=now)
        enqueue_pushes(connection_id)
    return row


def wanted_tenants(connection: Connection) -> dict[int, str]:
    """Return the tenants to be told of, with their ids at the provider: those whose people somebody syncs."""
    usable = connection.enabled and connection.ready_for_people and can_push(connection)
    if not usable or not connection.hints.get("pushes") or not may_be_reached(notification_url(connection)):
        return {}
    found: dict[int, str] = {}
    for marketplace_id in marketplaces_syncing_people(connection.pk):
        with marketplace_scope(marketplace_id):
            linked = linked_tenants(connection.pk).items()
            found |= {key: each.external_id for key, each in linked if pushes_through(connection, each.api)}
    return found


def keep_pushes(connection_id: int, *, clock: Clock, should_stop: ShouldStop) -> bool:
    """Bring a connection's pushes up to date; return whether something is left. One process at a time. Talks HTTP."""
    with only_here(_LOCK_CLASS, connection_id) as held:
        # One that is set aside is left alone: what it was promised goes on, or lapses.
        if not held or not may_be_tried(connection_id, ObservedKind.PEOPLE, now=clock()):
            return False
        connection = Connection.objects.get(pk=connection_id)
        wanted = wanted_tenants(connection)
        rows = {row.pk: row for row in PushChannel.objects.filter(connection=connection)}
        plan = plan_pushes(wanted, [_held(row, connection) for row in rows.values()], now=clock())
        for key in plan.forget:
            forget_push(rows[key])
        if not plan.ask and not plan.stop:
            return False
        problem, left = "", True
        try:
            with open_pushes(connection) as source:
                left = _Keeper(connection, source, clock, should_stop).work(
                    {key: wanted[key] for key in plan.ask}, plan.stop
                )
        except ProviderError as error:
            problem, left = f"{error.message} {error.next_step}", False
        note_pushes(connection_id, problem=problem)
        return left


def _held(row: PushChannel, connection: Connection) -> HeldPush:
    """Return the row for planning. One whose messages go to another address is to be followed by one for ours."""
    elsewhere = row.state == PushState.OPEN and row.address != push_url(connection, row.uid)
    state = PushState.STOPPING if elsewhere else PushState(row.state)
    return HeldPush(row.pk, row.tenant_id, state, row.asked_at, row.expires_at, row.shaken)


@dataclass(frozen=True, slots=True)
class _Keeper:
    """Carries a plan out at one provider. Each push is committed before and after it is asked for."""

    connection: Connection
    source: PushSource
    clock: Clock
    should_stop: ShouldStop

    def work(self, ask: Mapping[int, str], stop: Collection[int]) -> bool:
        """Ask, then stop what is followed or unwanted; return whether something is left. Raises what stops all."""
        for tenant_id, external_id in ask.items():
            if self.should_stop():
                return True
            if not self._renewed(tenant_id, external_id):
                self._ask(tenant_id, external_id)
        followed = Q(pk__in=stop) | Q(state=PushState.STOPPING)
        rows = PushChannel.objects.select_related("tenant").filter(followed, connection=self.connection)
        for row in rows.order_by("pk"):
            if self.should_stop():
                return True
            self._stop(row)
        return False

    def _renewed(self, tenant_id: int, external_id: str) -> bool:
        """Have the push that is open last longer, where the provider does that; else another has to be asked for."""
        row = PushChannel.objects.filter(connection=self.connection, tenant_id=tenant_id, state=PushState.OPEN).first()
        if row is None or row.address != push_url(self.connection, row.uid):
            return False
        now = self.clock()
        try:
            renewed = self.source.renew_push(external_id, row.resource, now + self.source.life)
        except ProviderError as error:
            _log.warning(
                "push_not_renewed", connection_id=self.connection.pk, tenant_id=tenant_id, reason=error.message
            )
            if error.stops_run:
                raise
            return True  # it goes on until its end, and is tried again in the next round
        if renewed is None:
            return False
        until = min(renewed.until, now + self.source.life)
        PushChannel.objects.filter(pk=row.pk).update(asked_at=now, expires_at=until, shaken=False)
        return True

    def _ask(self, tenant_id: int, external_id: str) -> None:
        now, secret, name = self.clock(), secrets.token_urlsafe(32), uuid.uuid4()
        address = push_url(self.connection, name)
        # Committed before the call: its first message may come before the answer.
        row = PushChannel.objects.create(
            connection=self.connection, tenant_id=tenant_id, uid=name, digest=digest_of(secret), address=address,
            state=PushState.OPENING, asked_at=now,
        )  # fmt: skip
        wanted = WantedPush(str(name), address, now + self.source.life, secret)
        try:
            opened = self.source.open_push(external_id, wanted)
        except ProviderError as error:
            PushChannel.objects.filter(pk=row.pk).update(state=PushState.FAILED, problem=error.message)
            _log.warning("push_not_opened", connection_id=self.connection.pk, tenant_id=tenant_id, reason=error.message)
            if error.stops_run:
                raise
            return
        # Longer than asked for is not believed.
        self._opened(row, opened.resource, min(opened.until, wanted.until))

    @transaction.atomic
    def _opened(self, row: PushChannel, resource: str, until: datetime) -> None:
        same = PushChannel.objects.filter(connection=self.connection, tenant_id=row.tenant_id)
        same.filter(state=PushState.OPEN).update(state=PushState.STOPPING)
        PushChannel.objects.filter(pk=row.pk).update(state=PushState.OPEN, resource=resource, expires_at=until)
        for failed in same.filter(state=PushState.FAILED):
            forget_push(failed)

    def _stop(self, row: PushChannel) -> None:
        try:
            self.source.stop_push(row.tenant.external_id, str(row.uid), row.resource)
        except ProviderError as error:
            # It ends by itself soon. Who may not stop it today may not tomorrow.
            _log.info("push_not_stopped", connection_id=self.connection.pk, reason=error.message)
            if error.retryable:
                return
        forget_push(row)


@transaction.atomic
def forget_push(row: PushChannel) -> None:
    """Remove a push that is over. What came of it is counted on with the one that followed it, if there is one."""
    gone = PushChannel.objects.select_for_update().filter(pk=row.pk).first()
    if gone is None:
        return
    gone.delete()
    following = PushChannel.objects.filter(
        connection_id=gone.connection_id, tenant_id=gone.tenant_id, state=PushState.OPEN
    )
    following.update(
        messages=F("messages") + gone.messages, refused=F("refused") + gone.refused,
        last_at=Greatest("last_at", Value(gone.last_at, DateTimeField())),
    )  # fmt: skip
