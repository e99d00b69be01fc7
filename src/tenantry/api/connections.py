"""Connections and sharing groups, for operators: nothing of a secret but whether there is one."""

from typing import Any

from django.http import Http404
from ninja import Query, Schema

from tenantry.api.areas import Area, Call, Place, Reply
from tenantry.api.connecting import WhereQuery, WhereTold, found_by
from tenantry.api.connections_shapes import (
    ConnectionFields,
    ConnectionPage,
    ConnectionTold,
    EnabledGiven,
    HintsGiven,
    HintsTold,
    NewConnection,
    PushesGiven,
    PushesTold,
    SecretGiven,
)
from tenantry.api.installation_shapes import GroupGiven, GroupPage, GroupTold, NumberedQuery, sliced
from tenantry.api.marketplaces import all_marketplaces
from tenantry.api.problems import Problem
from tenantry.api.shapes import Done, Id, PageQuery, page_reply
from tenantry.audit.events import Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.editing import create_connection, edit_connection, replace_credential
from tenantry.connections.hints import (
    NoAddress,
    check_registration,
    notification_url,
    register_for_notifications,
)
from tenantry.connections.models import ApplicationKind, Connection
from tenantry.connections.probing import probe_connection
from tenantry.connections.pushes import can_push
from tenantry.core.permissions import Action
from tenantry.core.search import fold
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import SharingGroup
from tenantry.marketplace.sharing import create_sharing_group, remove_sharing_group, rename_sharing_group, set_sharing
from tenantry.sync.hints.pushes import switch_and_keep
from tenantry.sync.hints.standing import pushes_of
from tenantry.sync.observe.states import fed_marketplaces, state_of, states_of_all
from tenantry.sync.quarantine.services import switch_connection

area = Area("Installation", place=Place.INSTALLATION)
_RUN = Action.RUN_INSTALLATION
_MOST_MARKETPLACES = 20


class InMarketplace(Schema):
    """Where a tenant is, in one marketplace."""

    marketplace_id: int
    answers: list[WhereTold]


class Everywhere(Schema):
    """Where a tenant is in the marketplaces that the connection feeds; the first twenty of them."""

    items: list[InMarketplace]


def _connection(pk: int) -> Connection:
    row = Connection.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _microsoft(pk: int) -> Connection:
    row = _connection(pk)
    if row.provider != "microsoft":
        raise Http404
    return row


def _pushing(pk: int) -> Connection:
    row = _connection(pk)
    if not can_push(row):
        raise Http404
    return row


def _told(pk: int) -> ConnectionTold:
    return ConnectionTold.of(state_of(_connection(pk)))


@area.get("/installation/connections", _RUN, ConnectionPage)
def list_connections(call: Call, query: Query[NumberedQuery]) -> Reply:
    """List all connections by name, with how they are doing."""
    words = fold(query.q).split()
    states = {state.connection.pk: state for state in states_of_all()}
    rows = [state.connection for state in states.values()]
    page = sliced([row for row in rows if all(word in fold(row.name) for word in words)], query)
    return page_reply(call, ConnectionPage, page, items=[ConnectionTold.of(states[row.pk]) for row in page.rows])


@area.post("/installation/connections", _RUN, ConnectionTold, status=201, refuses=True)
def add_connection(call: Call, given: NewConnection) -> Reply:
    """Make a Microsoft connection. A native application is signed in on its page afterwards."""
    credential = given.credential.credential
    if given.application_kind == ApplicationKind.WEB and not credential:
        sentence = "A web application needs a secret or a certificate."
        raise Problem("invalid", sentence, errors={"credential": sentence})
    wanted = given.given({}, credential=credential)
    expires = given.credential.expires_at
    made = create_connection(wanted, expires_at=expires, actor=call.actor, now=call.caller.now)
    return Reply(_told(made.pk), location=f"/api/v1/installation/connections/{made.pk}")


@area.get("/installation/connections/{int:pk}", _RUN, ConnectionTold)
def show_connection(call: Call, pk: Id) -> ConnectionTold:
    """Show one connection with what its last test found."""
    return _told(pk)


@area.put("/installation/connections/{int:pk}", _RUN, ConnectionTold, refuses=True)
def change_connection(call: Call, pk: Id, given: ConnectionFields) -> ConnectionTold:
    """Change the settings. Another tenant, application or cloud ends the sign-in of the one before."""
    wanted = given.given(_microsoft(pk).settings)
    edit_connection(connection_id=pk, given=wanted, actor=call.actor, now=call.caller.now)
    return _told(pk)


@area.put("/installation/connections/{int:pk}/secret", _RUN, ConnectionTold, refuses=True)
def replace_secret(call: Call, pk: Id, given: SecretGiven) -> ConnectionTold:
    """Put another secret or certificate in place of the one that is there."""
    _microsoft(pk)
    credential = given.credential
    replace_credential(
        connection_id=pk, credential=credential, expires_at=given.expires_at, actor=call.actor, now=call.caller.now
    )
    return _told(pk)


@area.put("/installation/connections/{int:pk}/enabled", _RUN, ConnectionTold)
def enable_connection(call: Call, pk: Id, given: EnabledGiven) -> ConnectionTold:
    """Let the connection be read, or not. What it brought stays. One that was set aside is let back by that."""
    _connection(pk)
    switch_connection(connection_id=pk, enabled=given.enabled, actor=call.actor, now=call.caller.now)
    return _told(pk)


@area.post(
    "/installation/connections/{int:pk}/test",
    _RUN,
    ConnectionTold,
    place=Place.INSTALLATION_OUTSIDE,
    asks_provider=True,
)
def test_connection(call: Call, pk: Id) -> ConnectionTold:
    """Ask the provider for each permission, and keep what it answers."""
    probe_connection(_connection(pk), now=call.caller.now)
    return _told(pk)


@area.post(
    "/installation/connections/{int:pk}/hints",
    _RUN,
    HintsTold,
    place=Place.INSTALLATION_OUTSIDE,
    refuses=True,
    asks_provider=True,
)
def set_up_hints(call: Call, pk: Id, given: HintsGiven) -> HintsTold:
    """Look where the provider's notifications go, or register for them.

    Another tool's registration is never taken over.
    """
    row = _microsoft(pk)
    ours = notification_url(row)
    try:
        if given.register_here:
            url = register_for_notifications(row, actor=call.actor, now=call.caller.now)
        else:
            url = check_registration(row, now=call.caller.now)
    except NoAddress as refusal:
        raise Problem("refused", f"Nothing was registered: {refusal}") from refusal
    return HintsTold(url=url, ours=bool(url) and url == ours)


@area.get("/installation/connections/{int:pk}/pushes", _RUN, PushesTold)
def show_pushes(call: Call, pk: Id) -> PushesTold:
    """Say whether the provider tells when people change, until when, and when it told last."""
    return PushesTold.of(pushes_of(_pushing(pk)))


@area.put("/installation/connections/{int:pk}/pushes", _RUN, PushesTold, refuses=True)
def switch_pushes(call: Call, pk: Id, given: PushesGiven) -> PushesTold:
    """Have the provider asked to tell when people change, or to tell no more. A job asks it, within the minute."""
    row = _pushing(pk)
    try:
        row = switch_and_keep(row.pk, on=given.on, actor=call.actor, now=call.caller.now)
    except NoAddress as refusal:
        raise Problem("refused", f"Nothing was switched on: {refusal}") from refusal
    return PushesTold.of(pushes_of(row))


@area.get("/installation/connections/{int:pk}/whereabouts", _RUN, Everywhere)
def where_is_tenant_of(call: Call, pk: Id, query: Query[WhereQuery]) -> Everywhere:
    """Say where a tenant of this connection is, in each marketplace that it feeds. Each look is on its record."""
    row = _connection(pk)
    fed = [feed.marketplace_id for feed in fed_marketplaces() if feed.connection_id == pk]
    return Everywhere(items=[_in(call, each, query.q, row) for each in fed[:_MOST_MARKETPLACES]])


def _in(call: Call, marketplace_id: int, given: str, row: Connection) -> InMarketplace:
    with marketplace_scope(marketplace_id):
        answers = [WhereTold.of(found) for found in found_by(given, connection=row)]
        target = Target("marketplace", str(marketplace_id))
        happening = Happening("marketplace.access.operator_looked", target, reason="Where is my tenant?")
        record_event(happening, marketplace_id=marketplace_id, **call.told)
    return InMarketplace(marketplace_id=marketplace_id, answers=answers)


def _group(call: Call, row: SharingGroup) -> GroupTold:
    members = [place.id for place in all_marketplaces(call) if place.sharing_group_id == row.pk]
    return GroupTold(id=row.pk, name=row.name, marketplace_ids=members)


def _group_or_missing(pk: int) -> SharingGroup:
    row = SharingGroup.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@area.get("/installation/sharing-groups", _RUN, GroupPage)
def list_sharing_groups(call: Call, query: Query[PageQuery]) -> Reply:
    """List the sharing groups by name."""
    page: Any = sliced(list(SharingGroup.objects.order_by("name", "pk")), query)
    return page_reply(call, GroupPage, page, items=[_group(call, row) for row in page.rows])


@area.post("/installation/sharing-groups", _RUN, GroupTold, status=201, refuses=True)
def add_sharing_group(call: Call, given: GroupGiven) -> Reply:
    """Make a sharing group of these marketplaces. One that is in another group leaves it."""
    row = create_sharing_group(name=given.name, actor=call.actor, now=call.caller.now)
    _set_members(call, row.pk, given)
    return Reply(_group(call, row), location=f"/api/v1/installation/sharing-groups/{row.pk}")


@area.get("/installation/sharing-groups/{int:pk}", _RUN, GroupTold)
def show_sharing_group(call: Call, pk: Id) -> GroupTold:
    """Show one sharing group."""
    return _group(call, _group_or_missing(pk))


@area.put("/installation/sharing-groups/{int:pk}", _RUN, GroupTold, refuses=True)
def change_sharing_group(call: Call, pk: Id, given: GroupGiven) -> GroupTold:
    """Give a sharing group this name and exactly these marketplaces."""
    _group_or_missing(pk)
    rename_sharing_group(group_id=pk, name=given.name, actor=call.actor, now=call.caller.now)
    _set_members(call, pk, given)
    return _group(call, _group_or_missing(pk))


def _set_members(call: Call, pk: int, given: GroupGiven) -> None:
    known = [place.id for place in all_marketplaces(call)]
    strange = sorted(set(given.marketplace_ids) - set(known))
    if strange:
        raise Problem(
            "invalid", "Some of these marketplaces are not there.", errors={"marketplace_ids": f"{strange[0]}"}
        )
    set_sharing(
        group_id=pk, members=set(given.marketplace_ids), known=known, actor=call.actor, now=call.caller.now
    )  # fmt: skip


@area.delete("/installation/sharing-groups/{int:pk}", _RUN, Done)
def drop_sharing_group(call: Call, pk: Id) -> Done:
    """Remove a sharing group. Its marketplaces are not offered each other's decisions any more."""
    _group_or_missing(pk)
    known = [place.id for place in all_marketplaces(call)]
    remove_sharing_group(group_id=pk, known=known, actor=call.actor, now=call.caller.now)
    return Done(changed=True, sentence="The sharing group is gone.")
