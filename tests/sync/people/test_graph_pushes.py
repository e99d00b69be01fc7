"""Graph's change notifications over real HTTP: subscribed to, renewed, ended. Each is a hint, never more."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.sync.people.stage import PeopleStage, never
from tests.sync.people.told import pages_told_of
from tests.sync.stage import OPERATOR

from tenantry.core.hints import PUSH_WINDOW
from tenantry.emulator.microsoft.subscriptions import Subscription
from tenantry.sync.hints.pushes import keep_pushes, switch_and_keep
from tenantry.sync.hints.services import follow_hints
from tenantry.sync.hints.standing import push_counts, pushes_of
from tenantry.sync.models import Hint, PushChannel, Run, RunTenant


@pytest.fixture
def now() -> datetime:
    """The door goes by the real clock, and so does Graph."""
    return timezone.now()


@pytest.fixture
def pages(database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The pages, at the address that providers are told."""
    with pages_told_of(settings, monkeypatch) as address:
        yield address


@pytest.fixture
def pushing(stage: PeopleStage, pages: str) -> PeopleStage:
    """Three linked companies, two of them read through Graph and one through the Partner Center; pushes on and open."""
    for index in (1, 3, 5):
        stage.add(index)
    stage.emulator.microsoft.people.consent(stage.emulator.world.tenant_id(5), granted=False)
    stage.run()
    switch_and_keep(stage.microsoft.pk, on=True, actor=OPERATOR, now=stage.clock())
    keep(stage)
    return stage


def keep(stage: PeopleStage) -> None:
    assert keep_pushes(stage.microsoft.pk, clock=stage.clock, should_stop=never) is False


def subscriptions(stage: PeopleStage) -> dict[str, Subscription]:
    return {each.tenant: each for each in stage.emulator.microsoft.subscriptions.open.values()}


def tenants(stage: PeopleStage, *companies: int) -> set[str]:
    return {stage.emulator.world.tenant_id(index).lower() for index in companies}


def follow(stage: PeopleStage) -> int:
    stage.clock.now = timezone.now() + PUSH_WINDOW + timedelta(seconds=10)
    return follow_hints(stage.microsoft.pk, now=stage.clock()).count


def hinted(stage: PeopleStage) -> list[Run]:
    with stage.scope():
        return list(Run.objects.filter(trigger="hint").order_by("id"))


def post(row: PushChannel, *messages: Any, query: str = "", uid: Any = None) -> Any:
    address = f"/hints/graph/{uid or row.connection.uid}/{row.uid}/{query}"
    return Client().post(address, json.dumps({"value": messages}), content_type="application/json")


def test_what_is_read_through_graph_is_subscribed_to_and_a_change_has_that_tenant_read(pushing: PeopleStage) -> None:
    stage = pushing
    assert set(subscriptions(stage)) == tenants(stage, 1, 3), "the Partner Center has no such thing"
    stage.emulator.microsoft.moves.rename(1, 4, family="Umbenannt")
    stage.emulator.microsoft.moves.delete(1, 5)
    assert stage.emulator.microsoft.subscriptions.statuses == [202, 202]
    [hint] = Hint.objects.all()
    assert (hint.source, hint.wanted) == ("push", "people")
    assert follow(stage) == 1
    [run] = hinted(stage)
    with stage.scope():
        [place] = RunTenant.objects.select_related("tenant").filter(run=run)
    assert {place.tenant.external_id} == tenants(stage, 1)
    stage.drive()
    [run] = hinted(stage)
    assert (run.state, stage.member(1, 4).profile_last_name) == ("done", "Umbenannt")


def test_the_address_is_proved_to_be_ours_only_for_what_we_asked(pushing: PeopleStage) -> None:
    [row, _] = PushChannel.objects.select_related("connection").order_by("pk")
    query = "?validationToken=Is%20this%20yours%3F%20%2B%3Cb%3E"
    proved = post(row, query=query)
    assert (proved.status_code, proved.content) == (200, b"Is this yours? +<b>")
    assert (proved["Content-Type"], proved["X-Content-Type-Options"]) == ("text/plain; charset=utf-8", "nosniff")
    row.uid = uuid.uuid4()
    assert post(row, query=query).status_code == 404


def test_one_letter_in_the_wrong_hand_is_refused_and_counted(pushing: PeopleStage) -> None:
    stage = pushing
    [row, other] = PushChannel.objects.select_related("connection", "tenant").order_by("pk")
    secrets = {each.tenant: each.state for each in subscriptions(stage).values()}
    right, wrong = ({"clientState": secrets[each.tenant.external_id.lower()]} for each in (row, other))
    assert post(row, right, {"changeType": "updated", **right}).status_code == 202
    Hint.objects.all().delete()
    refused = [
        post(row, wrong), post(row, right, wrong), post(row, {}), post(row, {"clientState": ["x"]}),
        post(row, {"clientState": "\ud800"}), post(row), post(row, "text"), post(row, right, uid=uuid.uuid4()),
        Client().post(f"/hints/graph/{row.connection.uid}/{row.uid}/", b"{", content_type="application/json"),
        Client().post(f"/hints/graph/{row.connection.uid}/{row.uid}/", b"x" * 1_100_000, content_type="text/plain"),
    ]  # fmt: skip
    assert [each.status_code for each in refused] == [404] * 9 + [413]
    assert pushes_of(stage.microsoft).refused == 5
    assert not Hint.objects.exists()
    assert all(secret not in str(list(PushChannel.objects.values())) for secret in secrets.values())


def test_a_subscription_is_renewed_before_it_ends_and_made_anew_where_graph_lost_it(pushing: PeopleStage) -> None:
    stage = pushing
    first = {tenant: (each.id, each.until) for tenant, each in subscriptions(stage).items()}
    gone, stays = sorted(first)
    del stage.emulator.microsoft.subscriptions.open[first[gone][0]]
    stage.emulator.clock.advance(2.5 * 86_400)
    stage.clock.pass_time(days=2.5)
    keep(stage)
    now = subscriptions(stage)
    assert (now[stays].id, now[stays].until > first[stays][1]) == (first[stays][0], True)
    assert now[gone].id != first[gone][0]
    assert push_counts() == [("open", 2)]
    keep(stage)
    assert {tenant: each.id for tenant, each in subscriptions(stage).items()} == {
        tenant: each.id for tenant, each in now.items()
    }


def test_graph_s_own_words_about_a_subscription_are_followed(pushing: PeopleStage) -> None:
    stage, graph = pushing, pushing.emulator.microsoft.subscriptions
    [tenant, _] = sorted(subscriptions(stage))
    before = subscriptions(stage)[tenant]
    until = before.until
    stage.clock.pass_time(hours=1)
    assert graph.happen("reauthorizationRequired", tenant) == [202]
    assert (PushChannel.objects.filter(shaken=True).count(), Hint.objects.count()) == (1, 0)
    keep(stage)
    assert subscriptions(stage)[tenant].until > until
    assert not PushChannel.objects.filter(shaken=True).exists()
    assert graph.happen("missed", tenant) == [202]
    assert Hint.objects.count() == 1, "what was not told is read"
    Hint.objects.all().delete()
    assert graph.happen("subscriptionRemoved", tenant) == [202]
    keep(stage)
    assert subscriptions(stage)[tenant].id != before.id
    assert (push_counts(), Hint.objects.count()) == ([("open", 2)], 1)


@pytest.mark.parametrize("push", ["lost", "twice", "held"])
def test_lost_doubled_and_late_letters_do_no_harm(pushing: PeopleStage, push: str) -> None:
    stage = pushing
    stage.emulator.switches.set({"push": push})
    for number in (2, 3):
        stage.emulator.microsoft.moves.rename(1, number, family=f"Was {push}")
    stage.emulator.microsoft.subscriptions.deliver()
    follow(stage)
    assert len(hinted(stage)) == (0 if push == "lost" else 1)
    stage.drive() if push != "lost" else stage.next_day()
    assert stage.member(1, 3).profile_last_name == f"Was {push}"


def test_an_address_that_graph_does_not_reach_is_said_and_everything_ends_with_the_switch(
    pushing: PeopleStage, settings: Settings
) -> None:
    stage = pushing
    address = settings.MAIL.url
    settings.MAIL = replace(settings.MAIL, url="http://127.0.0.1:9")  # nobody answers
    keep(stage)
    standing = pushes_of(stage.microsoft.__class__.objects.get(pk=stage.microsoft.pk))
    assert "could not reach this installation" in standing.problem
    settings.MAIL = replace(settings.MAIL, url=address)
    stage.clock.pass_time(minutes=31)
    keep(stage)
    assert set(subscriptions(stage)) == tenants(stage, 1, 3)
    stage.emulator.microsoft.people.consent(stage.emulator.world.tenant_id(3), granted=False)
    switch_and_keep(stage.microsoft.pk, on=False, actor=OPERATOR, now=stage.clock())
    keep(stage)
    assert push_counts() == [], "who may not even end a subscription leaves it to lapse"
    assert set(subscriptions(stage)) <= tenants(stage, 3)
