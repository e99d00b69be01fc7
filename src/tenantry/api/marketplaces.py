"""Marketplaces as operators set them up: names, switches, staff, feeds. Looks and changes are on their record."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import Http404
from ninja import Query

from tenantry.accounts.first_sign_in import account_to_invite, waits_for_password
from tenantry.api.areas import Area, Call, Place, Reply
from tenantry.api.installation_shapes import (
    FeedEffectTold,
    FeedTold,
    FilterGiven,
    FilterTold,
    MarketplaceDetail,
    MarketplaceGiven,
    MarketplacePage,
    MarketplaceRow,
    NumberedQuery,
    StaffGiven,
    StaffRoleGiven,
    StaffTold,
    Switches,
    SwitchesGiven,
    sliced,
)
from tenantry.api.problems import Problem
from tenantry.api.shapes import Done, Id, page_reply
from tenantry.audit.events import Happening, Target
from tenantry.audit.services import record_event
from tenantry.connections.models import Connection
from tenantry.core.permissions import Action
from tenantry.core.search import fold
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.models import Marketplace, StaffRole
from tenantry.marketplace.queries import KnownMarketplace, marketplaces_for_operator, staff_here
from tenantry.marketplace.services import create_marketplace, edit_marketplace
from tenantry.marketplace.staff import add_staff, change_staff_role, remove_staff
from tenantry.marketplace.staff_letters import ask_for_staff_letter, mail_lacks
from tenantry.sync.entitlements import set_entitlement
from tenantry.sync.feeds import effect_of, filter_of, remove_feed, save_feed
from tenantry.sync.models import Feed
from tenantry.sync.observe.states import FedMarketplace, fed_marketplaces

area = Area("Installation", place=Place.INSTALLATION)
_RUN = Action.RUN_INSTALLATION


def all_marketplaces(call: Call) -> list[KnownMarketplace]:
    """Return every marketplace, by name."""
    return marketplaces_for_operator(account_id=call.caller.account.pk)


@contextmanager
def _inside(call: Call, pk: int, *, looks: bool = False) -> Iterator[int]:
    """Open the marketplace's scope. One that is not there is not found; a look is an event of it."""
    place = next((row for row in all_marketplaces(call) if row.id == pk), None)
    if place is None:
        raise Http404
    with marketplace_scope(pk):
        if looks:
            target = Target("marketplace", str(pk), place.name)
            record_event(Happening("marketplace.access.operator_looked", target), marketplace_id=pk, **call.told)
        yield pk


@area.get("/installation/marketplaces", _RUN, MarketplacePage)
def list_marketplaces(call: Call, query: Query[NumberedQuery]) -> Reply:
    """List all marketplaces by name: nothing of what is inside."""
    words, feeds = fold(query.q).split(), fed_marketplaces()
    rows = [row for row in all_marketplaces(call) if all(word in fold(row.name) for word in words)]
    page = sliced(rows, query)
    return page_reply(call, MarketplacePage, page, items=[_row(row, feeds) for row in page.rows])


def _row(row: KnownMarketplace, feeds: list[FedMarketplace]) -> MarketplaceRow:
    own = [feed for feed in feeds if feed.marketplace_id == row.id]
    return MarketplaceRow(
        id=row.id, name=row.name, language=row.language, sharing_group_id=row.sharing_group_id,
        connections=[feed.connection_id for feed in own], syncing=any(feed.syncing for feed in own),
        created_at=row.created_at,
    )  # fmt: skip


@area.post("/installation/marketplaces", _RUN, MarketplaceDetail, status=201, refuses=True)
def add_marketplace(call: Call, given: MarketplaceGiven) -> Reply:
    """Make a marketplace."""
    made = create_marketplace(name=given.name, language=given.language, actor=call.actor, now=call.caller.now)
    with marketplace_scope(made.pk):
        return Reply(_detail(), location=f"/api/v1/installation/marketplaces/{made.pk}")


@area.get("/installation/marketplaces/{int:pk}", _RUN, MarketplaceDetail)
def show_marketplace(call: Call, pk: Id) -> MarketplaceDetail:
    """Show one marketplace with its switches, staff and feeds. The look is on its record."""
    with _inside(call, pk, looks=True):
        return _detail()


def _detail() -> MarketplaceDetail:
    row = Marketplace.objects.get()
    feeds = Feed.objects.select_related("connection").order_by("connection__name")
    return MarketplaceDetail(
        id=row.pk, name=row.name, language=row.language, sharing_group_id=row.sharing_group_id,
        created_at=row.created_at, switches=Switches.here(),
        staff=[StaffTold.of(each) for each in staff_here()], feeds=[_feed(feed) for feed in feeds],
    )  # fmt: skip


def _feed(feed: Feed) -> FeedTold:
    told = FilterTold(**filter_of(feed).as_json())
    return FeedTold(connection_id=feed.connection_id, connection=feed.connection.name, filter=told)


@area.put("/installation/marketplaces/{int:pk}", _RUN, MarketplaceDetail, refuses=True)
def rename_marketplace(call: Call, pk: Id, given: MarketplaceGiven) -> MarketplaceDetail:
    """Change a marketplace's name and language."""
    with _inside(call, pk):
        edit_marketplace(name=given.name, language=given.language, actor=call.actor, now=call.caller.now)
        return _detail()


@area.put("/installation/marketplaces/{int:pk}/switches", _RUN, Switches, refuses=True)
def set_switches(call: Call, pk: Id, given: SwitchesGiven) -> Switches:
    """Allow Company Sync, Link Company and User Sync, or not."""
    with _inside(call, pk):
        set_entitlement(**given.model_dump(), actor=call.actor, now=call.caller.now)
        return Switches.here()


@area.post("/installation/marketplaces/{int:pk}/staff", _RUN, StaffTold, status=201, refuses=True)
def add_to_staff(call: Call, pk: Id, given: StaffGiven) -> StaffTold:
    """Let somebody work in the marketplace. Who has no password yet gets a link for it by e-mail."""
    with _inside(call, pk):
        account, _ = account_to_invite(email=given.email, name=given.name, now=call.caller.now)
        add_staff(account=account, role=given.role, actor=call.actor, now=call.caller.now)
        if waits_for_password(account) and not mail_lacks():
            ask_for_staff_letter(account, sender_id=call.caller.account.pk)
        return StaffTold.of(_staff(account_id=account.pk))


def _staff(**by: int) -> StaffRole:
    row = StaffRole.objects.select_related("account").filter(**by).first()
    if row is None:
        raise Http404
    return row


@area.put("/installation/marketplaces/{int:pk}/staff/{int:staff_id}/role", _RUN, StaffTold, refuses=True)
def change_staff(call: Call, pk: Id, staff_id: Id, given: StaffRoleGiven) -> StaffTold:
    """Give somebody of the staff another role."""
    with _inside(call, pk):
        _staff(pk=staff_id)
        change_staff_role(staff_id=staff_id, role=given.role, actor=call.actor, now=call.caller.now)
        return StaffTold.of(_staff(pk=staff_id))


@area.delete("/installation/marketplaces/{int:pk}/staff/{int:staff_id}", _RUN, Done)
def remove_from_staff(call: Call, pk: Id, staff_id: Id) -> Done:
    """Take somebody's role away. The account stays."""
    with _inside(call, pk):
        _staff(pk=staff_id)
        name = remove_staff(staff_id=staff_id, actor=call.actor, now=call.caller.now)
        return Done(changed=True, sentence=f"{name} does not work there any more.")


@area.post("/installation/marketplaces/{int:pk}/staff/{int:staff_id}/link", _RUN, Done, status=202, refuses=True)
def send_first_link(call: Call, pk: Id, staff_id: Id) -> Done:
    """Send the link for the first password again, by e-mail, while nobody set one."""
    with _inside(call, pk):
        account = _staff(pk=staff_id).account
        if not waits_for_password(account):
            raise Problem("refused", f"{account.email} has a password already, so no link is given out.")
        if mail_lacks():
            raise Problem("refused", f"No e-mail can leave: {mail_lacks()}")
        ask_for_staff_letter(account, sender_id=call.caller.account.pk)
        return Done(changed=True, sentence="The e-mail with the link leaves from the queue.")


def _connection(pk: int) -> Connection:
    row = Connection.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@area.post("/installation/marketplaces/{int:pk}/feeds/{int:connection_id}/effect", _RUN, FeedEffectTold)
def preview_feed(call: Call, pk: Id, connection_id: Id, given: FilterGiven) -> FeedEffectTold:
    """Say what this filter on a connection's feed would do. Changes nothing."""
    with _inside(call, pk):
        effect = effect_of(_connection(connection_id), given.wanted)
        return FeedEffectTold(**{name: getattr(effect, name) for name in FeedEffectTold.model_fields})


@area.put("/installation/marketplaces/{int:pk}/feeds/{int:connection_id}", _RUN, FeedTold)
def put_feed(call: Call, pk: Id, connection_id: Id, given: FilterGiven) -> FeedTold:
    """Let a connection feed the marketplace, through this filter."""
    with _inside(call, pk):
        row = _connection(connection_id)
        feed = save_feed(connection=row, wanted=given.wanted, actor=call.actor, now=call.caller.now)
        return FeedTold(
            connection_id=row.pk, connection=row.name, filter=FilterTold(**filter_of(feed).as_json())
        )  # fmt: skip


@area.delete("/installation/marketplaces/{int:pk}/feeds/{int:connection_id}", _RUN, Done, refuses=True)
def end_feed(call: Call, pk: Id, connection_id: Id) -> Done:
    """Stop a connection feeding the marketplace. What it brought stays."""
    with _inside(call, pk):
        remove_feed(connection=_connection(connection_id), actor=call.actor, now=call.caller.now)
        return Done(changed=True, sentence="It does not feed the marketplace any more.")
