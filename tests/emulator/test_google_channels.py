"""Push from the emulated Google: its own client opens and stops channels, and messages come as the contract says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from googleapiclient.errors import HttpError
from tests.emulator.official import Official, official_over
from tests.providers.stub import Reply, Request, Stub, running

from tenantry.emulator.server import Emulator

SECRET = "our-secret"


@pytest.fixture
def official(emulator_home: Path) -> Iterator[Official]:
    with (
        Emulator(home=emulator_home, customers=8, google_customers=6, google_quota=0, people=6) as one,
        official_over(one) as library,
    ):
        yield library


@pytest.fixture
def hook() -> Iterator[Stub]:
    with running() as stub:
        yield stub


def wanted(hook: Stub, name: str = "one", **more: Any) -> dict[str, Any]:
    return {"id": name, "type": "web_hook", "address": f"{hook.url}/here", "token": SECRET, **more}


def watch(official: Official, body: dict[str, Any], company: int = 3, **more: Any) -> Any:
    customer = official.emulator.google.world.customer_id(company)
    users = official.services["admin"].users()
    return official.call("admin", users.watch(customer=customer, body=body, **more), "Channel")


def head(message: Request, name: str) -> str:
    return message.headers[f"x-goog-{name}"]


def test_a_channel_begins_with_a_sync_message_and_tells_each_change_until_it_is_stopped(
    official: Official, hook: Stub
) -> None:
    google, admin = official.emulator.google, official.services["admin"]
    opened = watch(official, wanted(hook, expiration=str(int((google.people._clock.now() + 9e6) * 1000))))  # noqa: SLF001
    [sync] = hook.requests
    assert (sync.method, sync.path, sync.body) == ("POST", "/here", b"")
    assert {name: head(sync, name) for name in ("channel-id", "resource-state", "message-number", "channel-token")} == {
        "channel-id": "one", "resource-state": "sync", "message-number": "1", "channel-token": SECRET,
    }  # fmt: skip
    assert (head(sync, "resource-id"), head(sync, "channel-expiration")[-3:]) == (opened["resourceId"], "GMT")
    assert int(opened["expiration"]) / 1000 - google.people._clock.now() == pytest.approx(21_600, abs=30)  # noqa: SLF001
    google.people.rename(3, 4)
    google.people.delete(3, 4)
    google.people.restore(3, 4)
    google.people.set_admin(3, 4, "full")
    google.people.join(3)
    google.people.set_licensed(3, 2, licensed=True)
    google.people.rename(2, 4)
    told = hook.requests[1:]
    assert [head(each, "resource-state") for each in told] == ["update", "delete", "undelete", "makeAdmin", "add"]
    numbers = [int(head(each, "message-number")) for each in hook.requests]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] > len(numbers), "numbers have gaps"
    body = json.loads(told[0].body)
    assert body["id"] == google.world.user_id(google.staff.someone(3, 4))
    assert set(body) == {"kind", "id", "etag", "primaryEmail"}
    stop = {"id": "one", "resourceId": opened["resourceId"]}
    assert not admin.channels().stop(body=stop).execute()
    google.people.rename(3, 5)
    assert len(hook.requests) == 6
    assert official.refused(admin.channels().stop(body=stop)) == (404, "notFound")


def test_only_whoever_reaches_the_customer_may_watch_it_and_only_who_opened_a_channel_may_stop_it(
    official: Official, hook: Stub
) -> None:
    google, users = official.emulator.google, official.services["admin"].users()
    opened = watch(official, wanted(hook))
    google.signin.direct.add(3)
    other = Official(official.emulator, google.world.administrator(3))
    watch(other, wanted(hook, "own"))
    stop = {"id": "one", "resourceId": opened["resourceId"]}
    assert other.refused(other.services["admin"].channels().stop(body=stop)) == (403, "forbidden")
    stranger = other.services["admin"].users().watch(customer=google.world.customer_id(2), body=wanted(hook, "x"))
    assert other.refused(stranger) == (403, "forbidden")
    other.http.close()
    google.world.change(3, reseller_access=False)
    closed = users.watch(customer=google.world.customer_id(3), body=wanted(hook, "two"))
    assert official.refused(closed) == (403, "forbidden")
    before = len(hook.requests)
    google.people.rename(3, 4)
    assert [head(each, "channel-id") for each in hook.requests[before:]] == ["own"], "a closed customer tells nothing"
    assert official.refused(users.watch(body=wanted(hook, "three"))) == (400, "badRequest"), "whose people?"


def test_requests_that_open_nothing_are_refused(official: Official, hook: Stub) -> None:
    watch(official, wanted(hook))
    users, customer = official.services["admin"].users(), official.emulator.google.world.customer_id(3)
    bad = {
        "channelIdNotUnique": (400, wanted(hook)),
        "channelIdInvalid": (400, wanted(hook, "x" * 65)),
        "push.webhookUrlNotHttps": (401, wanted(hook, "a", address="http://shop.example/here")),
        "invalid": (400, wanted(hook, "b", type="email")),
    }
    found = {reason: official.refused(users.watch(customer=customer, body=body)) for reason, (_, body) in bad.items()}
    assert found == {reason: (status, reason) for reason, (status, _) in bad.items()}
    assert len(official.emulator.google.channels.open) == 1


def test_messages_are_lost_doubled_or_reordered_on_request_and_only_server_errors_are_tried_again(
    official: Official, hook: Stub
) -> None:
    google = official.emulator.google
    google.switches.set({"push_sync_first": False})
    watch(official, wanted(hook), event="update")
    assert hook.requests == []
    assert google.channels.deliver() == [200], "the first message came after the answer"
    for kind, count in (("lost", 0), ("twice", 2), ("held", 0)):
        google.switches.set({"push": kind})
        before = len(hook.requests)
        google.people.rename(3, 4, family=kind)
        assert len(hook.requests) - before == count
    google.people.rename(3, 5)
    google.channels.deliver()
    numbers = [int(head(each, "message-number")) for each in hook.requests[-2:]]
    assert numbers == sorted(numbers, reverse=True), "the newest first"
    google.switches.set({"push": "once"})
    for status, tried in ((500, 1), (503, 1), (404, 0), (429, 0)):
        hook.say(Reply(status=status), Reply())
        google.people.rename(3, 4, family=f"After {status}")
        assert len(google.channels.deliver()) == tried


def test_a_channel_ends_with_its_time(official: Official, hook: Stub) -> None:
    google = official.emulator.google
    google.switches.set({"push_seconds": 172_800})
    opened = watch(official, wanted(hook, params={"ttl": "3600"}))
    official.emulator.clock.advance(3700)
    google.people.rename(3, 4)
    assert len(hook.requests) == 1
    stop = official.services["admin"].channels().stop(body={"id": "one", "resourceId": opened["resourceId"]})
    with pytest.raises(HttpError):
        stop.execute()
