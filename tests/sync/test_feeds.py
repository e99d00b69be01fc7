"""Feeds with every kind of filter, their effect in numbers, and the operator's switches that hang on them."""

import uuid

import pytest
from tests.sync.stage import OPERATOR, Clock, Sync, make_connection, make_marketplace, states_of
from tests.sync.world import World

from tenantry.audit.models import Event
from tenantry.connections.models import Connection
from tenantry.core.feed_filters import FeedFilter
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.services import create_marketplace
from tenantry.sync.company_settings import SettingsRefused
from tenantry.sync.entitlements import allowed_switches, fed_for, set_entitlement
from tenantry.sync.feeds import effect_of, remove_feed, save_feed
from tenantry.sync.models import Entitlement, Feed
from tenantry.sync.switches import read_company_sync

RESELLER = "00000000-0000-4000-8000-00000000000a"


@pytest.fixture
def synced(sync: Sync, world: World, northwind: int) -> int:
    """Six customers are pending: one in Austria, one of a reseller, one whose details nobody may read."""
    world.add(1, 2, 3, 4, 5)
    world.add(6, country="AT")
    world.change(2, indirect_reseller_id=RESELLER)
    sync.run(northwind)
    return northwind


@pytest.mark.parametrize(
    ("wanted", "passing"),
    [
        (FeedFilter(), 6),
        (FeedFilter(countries=("AT",)), 1),
        (FeedFilter(domains=("customer3.example",)), 1),
        (FeedFilter(domains=("customer3.onmicrosoft.com", "customer4.example")), 2),
        (FeedFilter(indirect_resellers=(RESELLER,)), 1),
        (FeedFilter(tenant_ids=(World.id_of(1), World.id_of(5))), 2),
        (FeedFilter(countries=("DE",), tenant_ids=(World.id_of(1), World.id_of(6))), 1),
    ],
)
def test_the_effect_says_beforehand_what_the_next_sync_then_does(
    wanted: FeedFilter, passing: int, synced: int, sync: Sync, clock: Clock
) -> None:
    connection = sync.connection
    with marketplace_scope(synced):
        effect = effect_of(connection, wanted)
        assert (effect.tenants, effect.passing, effect.waiting, effect.entering) == (6, passing, 0, 0)
        assert (effect.leaving, effect.kept_out) == (6 - passing, 6 - passing)
        save_feed(connection=connection, wanted=wanted, actor=OPERATOR, now=clock())
    clock.pass_time(hours=1)
    sync.run(synced)
    assert sum(state == "pending" for state in states_of(synced).values()) == passing
    with marketplace_scope(synced):
        back = effect_of(connection, FeedFilter())
    assert (back.entering, back.leaving) == (6 - passing, 0)


def test_tenants_without_details_wait_where_details_decide(sync: Sync, world: World, northwind: int) -> None:
    world.add(1, 2)
    sync.request(northwind)
    sync.list_all()
    sync.begin()
    with marketplace_scope(northwind):
        effect = effect_of(sync.connection, FeedFilter(countries=("DE",)))
        assert (effect.passing, effect.waiting, effect.kept_out) == (0, 2, 0)
        assert effect_of(sync.connection, FeedFilter(tenant_ids=(World.id_of(1),))).kept_out == 1


def test_what_another_feed_carries_does_not_leave(synced: int, sync: Sync, world: World, clock: Clock) -> None:
    other = make_connection("Second", clock)
    with marketplace_scope(synced):
        save_feed(connection=other, wanted=FeedFilter(), actor=OPERATOR, now=clock())
    Sync(other, world, clock).run(synced)
    with marketplace_scope(synced):
        assert effect_of(sync.connection, FeedFilter(countries=("AT",))).leaving == 0


def test_a_feed_s_changes_are_on_record_and_the_same_again_is_none(
    northwind: int, connection: Connection, clock: Clock
) -> None:
    many = tuple(sorted(World.id_of(number) for number in range(80)))
    with marketplace_scope(northwind):
        for wanted in (FeedFilter(("AT",)), FeedFilter(("AT",)), FeedFilter(tenant_ids=many)):
            save_feed(connection=connection, wanted=wanted, actor=OPERATOR, now=clock())
        first, second = Event.objects.filter(action="sync.feed.changed").order_by("id")
    assert first.before is not None
    assert first.after is not None
    assert second.after is not None
    assert (first.before["countries"], first.after["countries"]) == ([], ["AT"])
    assert (second.after["tenant_ids_count"], len(second.after["tenant_ids"])) == (80, 50)


def test_the_last_feed_of_an_enabled_marketplace_stays(northwind: int, connection: Connection, clock: Clock) -> None:
    with marketplace_scope(northwind):
        with pytest.raises(SettingsRefused, match="last connection"):
            remove_feed(connection=connection, actor=OPERATOR, now=clock())
        set_entitlement(company_sync=False, actor=OPERATOR, now=clock())
        remove_feed(connection=connection, actor=OPERATOR, now=clock())
        with pytest.raises(Feed.DoesNotExist):
            remove_feed(connection=connection, actor=OPERATOR, now=clock())
        assert Event.objects.filter(action="sync.feed.removed").count() == 1


def test_company_sync_is_enabled_only_with_a_connection_that_has_its_application_s_id_and_kind(
    database: str, clock: Clock
) -> None:
    bare = make_connection("Bare", clock)
    Connection.objects.filter(pk=bare.pk).update(application_id="", application_kind="")
    place = create_marketplace(name="Fabrikam", actor=OPERATOR, now=clock())
    with marketplace_scope(place.pk):
        save_feed(connection=Connection.objects.get(pk=bare.pk), wanted=FeedFilter(), actor=OPERATOR, now=clock())
        with pytest.raises(SettingsRefused, match="application's ID and kind"):
            set_entitlement(company_sync=True, link_company=True, actor=OPERATOR, now=clock())
        assert not Entitlement.objects.filter(link_company=True).exists()
        set_entitlement(link_company=True, actor=OPERATOR, now=clock())
        switches = read_company_sync()
        assert (switches.allowed, switches.link_allowed, switches.links) == (False, True, False)
        (event,) = Event.objects.filter(action="sync.entitlement.changed")
        assert (event.before, event.after) == ({"link_company": False}, {"link_company": True})


def test_user_sync_is_enabled_for_each_provider_with_a_connection_that_can_read_people(
    database: str, clock: Clock
) -> None:
    microsoft = make_connection("Partner", clock)
    google = Connection.objects.create(uid=uuid.uuid4(), name="Google", provider="google", created_at=clock())
    place = create_marketplace(name="Fabrikam", actor=OPERATOR, now=clock())
    with marketplace_scope(place.pk):
        for each in (microsoft, google):
            save_feed(connection=each, wanted=FeedFilter(), actor=OPERATOR, now=clock())
        for switch, words in (("user_sync_microsoft", "has signed in"), ("user_sync_google", "key, mode")):
            with pytest.raises(SettingsRefused, match=words):
                set_entitlement(**{switch: True}, actor=OPERATOR, now=clock())
        assert fed_for() == {"company_sync"}
        Connection.objects.filter(pk=microsoft.pk).update(sealed_refresh_token=b"x")
        Connection.objects.filter(pk=google.pk).update(sealed_secret=b"x", subject="a@b.example", discovery="own")
        set_entitlement(user_sync_microsoft=True, user_sync_google=True, actor=OPERATOR, now=clock())
        assert allowed_switches() == {"user_sync_microsoft", "user_sync_google"}
        with pytest.raises(SettingsRefused, match="that User Sync from Google can use here"):
            remove_feed(connection=google, actor=OPERATOR, now=clock())
        set_entitlement(user_sync_google=False, actor=OPERATOR, now=clock())
        remove_feed(connection=google, actor=OPERATOR, now=clock())
        (last,) = Event.objects.filter(action="sync.entitlement.changed").order_by("-id")[:1]
        assert (last.before, last.after) == ({"user_sync_google": True}, {"user_sync_google": False})
        with pytest.raises(TypeError, match="no such switches"):
            set_entitlement(mind_reading=True, actor=OPERATOR, now=clock())


def test_another_marketplace_s_feeds_stay_as_they_are(northwind: int, connection: Connection, clock: Clock) -> None:
    contoso = make_marketplace("Contoso", clock, connection)
    with marketplace_scope(northwind):
        save_feed(connection=connection, wanted=FeedFilter(("AT",)), actor=OPERATOR, now=clock())
    with marketplace_scope(contoso):
        assert Feed.objects.get().countries == []
