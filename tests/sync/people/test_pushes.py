"""Pushes of the emulated Google over real HTTP: asked for, asked again, stopped. Each is a hint, never more."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.sync.people.stage import PeopleStage, never
from tests.sync.people.told import pages_told_of
from tests.sync.stage import OPERATOR, make_marketplace

from tenantry.connections.models import Connection
from tenantry.core.hints import PUSH_WINDOW
from tenantry.emulator.google.channels import Channel
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.hints.pushes import keep_pushes, switch_and_keep
from tenantry.sync.hints.services import follow_hints
from tenantry.sync.hints.standing import push_counts, pushes_of, pushes_refused
from tenantry.sync.models import (
    Entitlement,
    Hint,
    ObservedKind,
    PushChannel,
    Quarantine,
    Run,
    RunTenant,
    TenantLink,
    UserSyncSettings,
)
from tenantry.web.hints import views
from tenantry.web.hints.limits import HintLimits

BURST = 1_000 if os.environ.get("TENANTRY_ALL_SIZES") else 40


@pytest.fixture
def now() -> datetime:
    """The door goes by the real clock, and so does Google."""
    return timezone.now()


@pytest.fixture
def pages(database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The pages, at the address that providers are told."""
    with pages_told_of(settings, monkeypatch) as address:
        yield address


@pytest.fixture
def pushing(stage: PeopleStage, pages: str) -> PeopleStage:
    """Two companies linked to Google customers, User Sync of Google on, pushes on and open."""
    stage.settle("google")
    for index in (1, 3):
        stage.add(index, google=True)
    switch_and_keep(google(stage).pk, on=True, actor=OPERATOR, now=stage.clock())
    keep(stage)
    return stage


def google(stage: PeopleStage) -> Connection:
    assert stage.google is not None
    return Connection.objects.get(pk=stage.google.pk)


def keep(stage: PeopleStage) -> None:
    assert keep_pushes(google(stage).pk, clock=stage.clock, should_stop=never) is False


def channels(stage: PeopleStage) -> dict[int, list[Channel]]:
    """The channels that are open at Google, by company."""
    found: dict[int, list[Channel]] = {}
    for each in stage.emulator.google.channels.open.values():
        found.setdefault(each.company, []).append(each)
    return found


def follow(stage: PeopleStage) -> int:
    """Follow what waits once every window is over; how many hints that were."""
    stage.clock.now = timezone.now() + PUSH_WINDOW + timedelta(seconds=10)
    return follow_hints(google(stage).pk, now=stage.clock()).count


def hinted(stage: PeopleStage) -> list[Run]:
    with stage.scope():
        return list(Run.objects.filter(trigger="hint").order_by("id"))


def send(row: Connection, channel: Channel, **changed: str) -> int:
    given = {"HTTP_X_GOOG_CHANNEL_ID": channel.id, "HTTP_X_GOOG_CHANNEL_TOKEN": channel.token,
             "HTTP_X_GOOG_RESOURCE_STATE": "update"} | changed  # fmt: skip
    answer = Client().post(f"/hints/google/{row.uid}/", b"{}", content_type="application/json; utf-8", **given)  # type: ignore[arg-type]  # headers
    return answer.status_code


def test_a_push_has_the_people_of_exactly_its_tenant_read(pushing: PeopleStage) -> None:
    stage = pushing
    assert sorted(channels(stage)) == [1, 3], "those that are linked, and no others"
    assert stage.emulator.google.channels.statuses == [200, 200], "the first messages came before the answers"
    assert not Hint.objects.exists(), "a first message is no hint"
    stage.run(connection=stage.google)
    stage.emulator.google.people.rename(1, 4, family="Umbenannt")
    [hint] = Hint.objects.all()
    assert (hint.source, hint.wanted, hint.followed_at) == ("push", "people", None)
    assert follow_hints(google(stage).pk, now=timezone.now()).count == 0, "more may come in its window"
    assert follow(stage) == 1
    [run] = hinted(stage)
    with stage.scope():
        [place] = RunTenant.objects.select_related("tenant").filter(run=run)
    assert place.tenant.external_id == stage.emulator.google.world.customer_id(1)
    stage.drive(connection=stage.google)
    [run] = hinted(stage)
    assert (run.state, run.requested_by, stage.changes(run)) == ("done", "The provider", {"update applied": 1})
    standing = pushes_of(google(stage))
    assert (standing.open, standing.failed, standing.refused) == (2, 0, 0)
    assert standing.last_at is not None


def test_a_burst_makes_one_reading_and_what_comes_while_it_reads_another(pushing: PeopleStage) -> None:
    stage, row = pushing, google(pushing)
    [channel] = channels(stage)[1]
    assert {send(row, channel) for _ in range(BURST)} <= {200, 429}
    assert Hint.objects.count() <= 2, "two windows at most"
    follow(stage)
    assert len(hinted(stage)) == 1
    with stage.scope():
        Run.objects.update(state="listing")  # it reads now, and may be past what changes meanwhile
    Hint.objects.update(due_at=None, followed_at=None)
    follow(stage)
    assert len(hinted(stage)) == 2
    Hint.objects.update(followed_at=None)
    follow(stage)
    assert len(hinted(stage)) == 2, "one that has not begun is enough"


def test_lost_doubled_and_late_messages_do_no_harm(pushing: PeopleStage) -> None:
    stage = pushing
    stage.run(connection=stage.google)
    people, switches = stage.emulator.google.people, stage.emulator.google.switches
    switches.set({"push": "lost"})
    people.rename(1, 4, family="Lost")
    assert not Hint.objects.exists()
    switches.set({"push": "twice"})
    people.rename(1, 5, family="Twice")
    switches.set({"push": "held"})
    for number in (2, 3):
        people.rename(3, number, family="Late")
    assert stage.emulator.google.channels.deliver() == [200, 200], "the newer one first"
    follow(stage)
    stage.drive(connection=stage.google)
    found = {run.company_id: stage.changes(run) for run in hinted(stage)}
    assert found == {
        stage.companies[1]: {"update applied": 2},  # the lost one is found by whatever reads next
        stage.companies[3]: {"update applied": 2},
    }


def test_what_no_provider_promised_is_refused_and_counted(pushing: PeopleStage) -> None:
    stage, row = pushing, google(pushing)
    [channel] = channels(stage)[1]
    nobody = Connection(uid=uuid.uuid4())
    forged = {
        "wrong": send(row, channel, HTTP_X_GOOG_CHANNEL_TOKEN="guessed"),
        "empty": send(row, channel, HTTP_X_GOOG_CHANNEL_TOKEN=""),
        "unknown": send(row, channel, HTTP_X_GOOG_CHANNEL_ID=str(uuid.uuid4())),
        "no name": send(row, channel, HTTP_X_GOOG_CHANNEL_ID="x' or 1=1"),
        "another connection": send(stage.microsoft, channel),
        "no connection": send(nobody, channel),
    }
    assert forged == dict.fromkeys(forged, 404), "from outside all look the same"
    assert (pushes_refused(), pushes_of(row).refused) == (2, 2)
    assert Client().get(f"/hints/google/{row.uid}/").status_code == 405
    Connection.objects.filter(pk=row.pk).update(enabled=False)
    assert send(row, channel) == 404
    assert not Hint.objects.exists()
    assert channel.token not in str(list(PushChannel.objects.values())), "the secret itself is kept nowhere"


def test_a_flood_is_turned_away_without_harm_to_other_tenants(
    pushing: PeopleStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, row = pushing, google(pushing)
    monkeypatch.setattr(views, "_push_limits", HintLimits(each=10, overall=30, clock=lambda: 0.0))
    [flooded], [other] = channels(stage)[1], channels(stage)[3]
    assert [send(row, flooded) for _ in range(12)] == [200] * 10 + [429] * 2
    assert send(row, other) == 200


def test_a_channel_is_followed_by_another_before_it_ends_and_no_change_is_missed_between(pushing: PeopleStage) -> None:
    stage = pushing
    first = {each.id for some in channels(stage).values() for each in some}
    keep(stage)
    assert {each.id for some in channels(stage).values() for each in some} == first, "nothing to do"
    stage.clock.pass_time(hours=5, minutes=10)
    stage.emulator.faults.add("refuse", "/admin/directory_v1/channels/stop", reason="notFound", times=1)
    keep(stage)
    assert not first & {row.uid.hex for row in PushChannel.objects.all()}
    second = {str(row.uid) for row in PushChannel.objects.filter(state="open")}
    assert len(second) == 2
    left = first & {each.id for some in channels(stage).values() for each in some}
    assert len(left) == 1, "the one whose end got a 404 is taken for over"
    assert push_counts() == [("open", 2)]
    assert sum(row.messages for row in PushChannel.objects.all()) == 4, "what came before is counted on"


@pytest.mark.parametrize("end", ["switched off", "disabled", "User Sync off", "not linked", "no address"])
def test_channels_are_stopped_when_nobody_wants_them(pushing: PeopleStage, settings: Settings, end: str) -> None:
    stage, row = pushing, google(pushing)
    if end == "switched off":
        switch_and_keep(row.pk, on=False, actor=OPERATOR, now=stage.clock())
    elif end == "disabled":
        Connection.objects.filter(pk=row.pk).update(enabled=False)
    elif end == "User Sync off":
        stage.settle("google", user_sync=False)
    elif end == "no address":
        settings.MAIL = replace(settings.MAIL, url="")
    else:
        with stage.scope():
            TenantLink.objects.update(ended_at=stage.clock())
    keep(stage)
    assert (channels(stage), push_counts()) == ({}, [])


def test_a_stranger_s_marketplace_hears_nothing(pushing: PeopleStage) -> None:
    stage = pushing
    stranger = make_marketplace("Contoso", stage.clock, google(stage))
    with marketplace_scope(stranger):
        Entitlement.objects.update(user_sync_google=True)
        UserSyncSettings.objects.create(
            marketplace_id=stranger, provider="google", user_sync=True, changed_at=stage.clock()
        )
    stage.emulator.google.people.rename(1, 4)
    follow(stage)
    assert len(hinted(stage)) == 1
    with marketplace_scope(stranger):
        assert not Run.objects.exists()


def test_one_customer_that_is_closed_costs_only_itself_and_is_asked_again_later(stage: PeopleStage, pages: str) -> None:
    stage.settle("google")
    for index in (1, 3):
        stage.add(index, google=True)
    world = stage.emulator.google.world
    world.change(3, reseller_access=False)
    switch_and_keep(google(stage).pk, on=True, actor=OPERATOR, now=stage.clock())
    keep(stage)
    standing = pushes_of(google(stage))
    assert (sorted(channels(stage)), standing.open, standing.failed) == ([1], 1, 1)
    assert "closed" in standing.problem
    world.change(3, reseller_access=True)
    keep(stage)
    assert sorted(channels(stage)) == [1], "not at once"
    stage.clock.pass_time(minutes=31)
    keep(stage)
    assert (sorted(channels(stage)), push_counts()) == ([1, 3], [("open", 2)])


def test_what_is_wrong_with_the_connection_itself_is_said_once(stage: PeopleStage, pages: str) -> None:
    stage.settle("google")
    for index in (1, 3):
        stage.add(index, google=True)
    stage.emulator.google.switches.set({"apis_off": "directory"})
    before = stage.emulator.counters.requests
    switch_and_keep(google(stage).pk, on=True, actor=OPERATOR, now=stage.clock())
    keep(stage)
    standing = pushes_of(google(stage))
    assert "not enabled" in standing.problem
    assert stage.emulator.counters.requests - before <= 3, "the other tenants are not asked for"
    stage.emulator.google.switches.set({"apis_off": ""})
    stage.clock.pass_time(minutes=31)
    keep(stage)
    assert pushes_of(google(stage)).problem == ""
    assert sorted(channels(stage)) == [1, 3]


def test_a_connection_that_is_set_aside_is_left_alone(pushing: PeopleStage) -> None:
    stage, before = pushing, pushing.emulator.counters.requests
    Quarantine.objects.create(
        connection=google(stage), brake="errors", kind=ObservedKind.PEOPLE, reason="Too many.", begun_at=stage.clock()
    )
    stage.clock.pass_time(hours=5)
    keep(stage)
    assert (stage.emulator.counters.requests, push_counts()) == (before, [("open", 2)])


def test_a_process_that_died_while_it_asked_is_made_good(pushing: PeopleStage) -> None:
    stage = pushing
    with stage.scope():
        row = PushChannel.objects.order_by("pk").first()
    assert row is not None
    PushChannel.objects.filter(pk=row.pk).update(state="opening", expires_at=None)
    keep(stage)
    assert push_counts() == [("open", 2)]
    assert not PushChannel.objects.filter(pk=row.pk).exists()
    stage.emulator.google.people.rename(1, 4)
    assert Hint.objects.count() == 1, "the one that is left over at Google is unknown here; its successor tells"
