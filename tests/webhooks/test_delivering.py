"""What is recorded is delivered: signed, once, in order for each company, and again when it failed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from standardwebhooks import WebhookVerificationError
from tests.providers.stub import Reply, Request, Stub, running
from tests.web.cast import Cast, stage_of
from tests.web.people import add_companies, add_company, add_people
from tests.web.stage import customers
from tests.webhooks.receiver import Receiver, listen, parsed, verified

from tenantry.core.deliveries import GIVES_UP_AFTER, RETRIES
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft
from tenantry.marketplace.companies.standing import disable_company
from tenantry.marketplace.models import MembershipRole
from tenantry.marketplace.people.erasing import erase_person
from tenantry.marketplace.people.places import change_role, deactivate_membership
from tenantry.webhooks.again import send_again, send_test, skip_delivery
from tenantry.webhooks.queries import endpoints_with_due_deliveries
from tenantry.webhooks.services import rotate_secret, switch_endpoint
from tenantry.webhooks.tasks import KEPT, remove_old


def test_companies_people_and_memberships_are_told_signed_and_in_order(receiver: Receiver, cast: Cast) -> None:
    company = add_company(cast.northwind, "Alpine", "alpine.example", phone="+43 1 1")
    [anna, _] = add_people(company, "anna@alpine.example", "ben@alpine.example", role="administrator", name="Anna Berg")
    by: dict[str, Any] = {"actor": receiver.actor, "now": timezone.now()}
    with marketplace_scope(cast.northwind.pk):
        change_role(membership_id=anna.membership_id, role=MembershipRole.USER, **by)
        deactivate_membership(membership_id=anna.membership_id, **by)
        disable_company(company_id=company.pk, reason="Not paid.", **by)
    assert receiver.deliver()
    heard = receiver.heard()
    assert [message["type"] for message in heard] == [
        "company.created", "membership.added", "membership.added", "membership.changed", "membership.removed",
        "company.status_changed",
    ]  # fmt: skip
    created = heard[0]
    assert created["version"] == 1
    assert created["marketplace"] == cast.northwind.pk
    assert created["data"]["subject"] == {"kind": "company", "id": str(company.pk), "name": "Alpine"}
    assert created["data"]["after"] == {
        "name": "Alpine", "country": "AT", "phone": "+43 1 1", "domains": ["alpine.example"], "origin": "by_hand",
    }  # fmt: skip
    assert heard[3]["data"]["before"] == {"role": "administrator"}
    assert heard[3]["data"]["after"] == {"membership": anna.membership_id, "user": anna.user_id, "role": "user"}
    assert len({message["id"] for message in heard}) == len(heard)
    assert b"anna" not in b"".join(request.body.lower() for request in receiver.server.requests)
    assert [row.state for row in receiver.deliveries()] == ["delivered"] * 6
    assert receiver.deliver()
    assert len(receiver.server.requests) == 6


def test_a_sync_is_told_from_its_run_to_its_pending_companies(receiver: Receiver, cast: Cast) -> None:
    stage_of(cast).sync(customers(3))
    receiver.deliver()
    told = Counter(receiver.types())
    assert told == {"run.started": 1, "pending.added": 3, "pending.updated": 3, "run.finished": 1}
    finished = next(message for message in receiver.heard() if message["type"] == "run.finished")
    assert finished["data"]["after"]["state"] == "done"
    assert finished["data"]["after"]["counters"]["records"] == 3
    assert "muster" not in str(receiver.heard()).lower()


def test_an_endpoint_hears_what_it_asked_for_and_people_only_if_it_asked(cast: Cast, server: Stub) -> None:
    receiver = listen(cast, server, events=["membership.added", "user.erased"], personal=True)
    company = add_company(cast.northwind, "Alpine")
    [anna] = add_people(company, "anna@alpine.example", name="Anna Berg")
    receiver.deliver()
    [added] = receiver.heard()
    personal = {"email": "anna@alpine.example", "first_name": "Anna", "last_name": "Berg"}
    assert added["data"]["personal"] == {"before": {}, "after": personal}
    erase_person(marketplace_id=cast.northwind.pk, user_id=anna.user_id, actor=receiver.actor, now=timezone.now())
    with marketplace_scope(cast.northwind.pk):
        send_again(delivery_id=receiver.deliveries()[0].pk, actor=receiver.actor, now=timezone.now())
    receiver.deliver()
    again, erased = sorted(receiver.heard()[1:], key=lambda message: str(message["type"]))
    assert (again["id"], again["data"]["personal"]) == (added["id"], None)
    assert erased["type"] == "user.erased"


def test_nobody_is_told_of_another_marketplace_and_nothing_is_kept_where_nobody_listens(
    receiver: Receiver, cast: Cast
) -> None:
    add_company(cast.contoso, "Elsewhere")
    with marketplace_scope(cast.northwind.pk):
        switch_endpoint(endpoint_id=receiver.endpoint.pk, on=False, actor=receiver.actor, now=timezone.now())
    add_company(cast.northwind, "Meanwhile")
    assert receiver.deliveries() == []


def test_the_outbox_and_the_job_are_committed_with_the_change(receiver: Receiver, cast: Cast) -> None:
    with marketplace_scope(cast.northwind.pk):
        add_company(cast.northwind, "Never")
        transaction.set_rollback(True)
    assert receiver.deliveries() == []
    add_company(cast.northwind, "Alpine")
    [job] = ProcrastinateJob.objects.filter(task_name="tenantry.webhooks.tasks.deliver")
    assert job.args == {"marketplace_id": cast.northwind.pk, "endpoint_id": receiver.endpoint.pk}
    assert endpoints_with_due_deliveries(timezone.now()) == [(cast.northwind.pk, receiver.endpoint.pk)]


def test_thousands_of_companies_at_once_cost_two_more_statements_for_each_endpoint(cast: Cast, server: Stub) -> None:
    drafts = [CompanyDraft(f"Company {number}", "AT") for number in range(2_000)]

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            add_companies(cast.northwind, drafts)
        return [each["sql"] for each in captured]

    asked()
    silent = len(asked())
    receiver = listen(cast, server)
    told = asked()
    assert len(receiver.deliveries()) == 2_000
    assert sum("insert into webhooks_delivery" in each for each in told) == 1
    assert len(told) <= silent + 6  # the outbox, and the job with its savepoint


def test_what_fails_is_tried_again_later_and_later_and_given_up_after_three_days(
    receiver: Receiver, cast: Cast
) -> None:
    receiver.server.say(Reply({"error": "down"}, status=500, reason="Oh no"))
    add_company(cast.northwind, "Alpine")
    at, asked = timezone.now(), []
    for _ in range(len(RETRIES) + 1):
        receiver.deliver(at=at)
        [row] = receiver.deliveries()
        asked.append(row.next_attempt_at - at)
        at = row.next_attempt_at
    assert asked[:-1] == list(RETRIES)
    assert (row.state, row.attempts, row.status) == ("failed", len(RETRIES) + 1, 500)
    assert sum(RETRIES, timedelta()) >= timedelta(days=2, hours=23)
    assert row.problem == "It answered 500 Oh no; only an answer from 200 to 299 counts as received."
    assert parsed(row.answer.encode()) == {"error": "down"}
    assert len({request.headers["webhook-id"] for request in receiver.server.requests}) == 1
    assert [one["status"] for one in row.tries] == [500] * 10


def test_one_company_s_trouble_keeps_its_order_and_nobody_else_waits(receiver: Receiver, cast: Cast) -> None:
    def script(request: Request) -> Reply:
        poisoned = parsed(request.body)["data"]["subject"]["name"] == "Poison" and len(bad) < 1
        if poisoned:
            bad.append(request)
        return Reply({}, status=500 if poisoned else 200)

    bad: list[Request] = []
    receiver.server.script = script
    poison, fine = add_company(cast.northwind, "Poison"), add_company(cast.northwind, "Fine")
    for company in (poison, fine):
        add_people(company, f"one@company{company.pk}.example")
    receiver.deliver()
    names = [(parsed(one.body)["type"], parsed(one.body)["data"]["subject"]["name"]) for one in server_of(receiver)]
    assert Counter(names) == {
        ("company.created", "Poison"): 1, ("company.created", "Fine"): 1, ("membership.added", "Fine"): 1,
    }  # fmt: skip
    receiver.deliver(at=timezone.now() + timedelta(minutes=10))
    later = [(parsed(one.body)["type"]) for one in server_of(receiver)[3:]]
    assert later == ["company.created", "membership.added"]


def server_of(receiver: Receiver) -> list[Request]:
    return receiver.server.requests


def test_a_waiting_message_is_skipped_by_hand_and_the_next_one_goes(receiver: Receiver, cast: Cast) -> None:
    receiver.server.say(Reply({}, status=500), Reply({}))
    company = add_company(cast.northwind, "Alpine")
    receiver.deliver()
    add_people(company, "anna@alpine.example")
    [first, _] = receiver.deliveries()
    with marketplace_scope(cast.northwind.pk):
        assert skip_delivery(delivery_id=first.pk, actor=receiver.actor, now=timezone.now())
        assert not skip_delivery(delivery_id=first.pk, actor=receiver.actor, now=timezone.now())
    receiver.deliver(at=timezone.now() + timedelta(minutes=1))
    assert [row.state for row in receiver.deliveries()] == ["skipped", "delivered"]


def test_an_endpoint_that_fails_for_days_is_switched_off_and_says_why_and_goes_on_when_switched_on(
    receiver: Receiver, cast: Cast
) -> None:
    receiver.server.say(Reply({}, status=503, reason="Away"))
    for name in ("One", "Two", "Three"):
        add_company(cast.northwind, name)
    start = timezone.now()
    receiver.deliver(at=start)
    assert len(receiver.server.requests) == 3
    receiver.deliver(at=start + timedelta(seconds=1))  # it rests
    assert len(receiver.server.requests) == 3
    receiver.deliver(at=start + timedelta(hours=1))  # one is tried, no more
    assert len(receiver.server.requests) == 4
    receiver.deliver(at=start + GIVES_UP_AFTER + timedelta(minutes=1))
    endpoint = receiver.now_is()
    assert endpoint.state == "stopped"
    assert endpoint.reason.startswith("Nothing got through for 5 days. At last: It answered 503 Away;")
    receiver.server.say(Reply({}))
    now = start + GIVES_UP_AFTER + timedelta(minutes=2)
    with marketplace_scope(cast.northwind.pk):
        switch_endpoint(endpoint_id=endpoint.pk, on=True, actor=receiver.actor, now=now)
    receiver.deliver(at=now)
    assert [row.state for row in receiver.deliveries()] == ["delivered"] * 3
    assert receiver.now_is().last_success_at == now


def test_an_endpoint_that_wants_no_more_is_stopped_at_once(receiver: Receiver, cast: Cast) -> None:
    receiver.server.say(Reply({}, status=410, reason="Gone"))
    add_company(cast.northwind, "Alpine")
    receiver.deliver()
    assert receiver.now_is().reason == "It answered 410 Gone: it wants no more messages."


def test_both_secrets_sign_for_a_day_after_a_rotation(receiver: Receiver, cast: Cast) -> None:
    now = timezone.now()
    with marketplace_scope(cast.northwind.pk):
        fresh = rotate_secret(endpoint_id=receiver.endpoint.pk, actor=receiver.actor, now=now)
        send_test(endpoint_id=receiver.endpoint.pk, actor=receiver.actor, now=now)
    receiver.deliver()
    [request] = receiver.server.requests
    for secret in (receiver.secret, fresh.secret):
        assert verified(request.body, request.headers, secret)["type"] == "endpoint.test"
    with pytest.raises(WebhookVerificationError):
        verified(request.body + b" ", request.headers, fresh.secret)
    with marketplace_scope(cast.northwind.pk):
        rotate_secret(endpoint_id=receiver.endpoint.pk, actor=receiver.actor, now=now - timedelta(days=2))
        send_test(endpoint_id=receiver.endpoint.pk, actor=receiver.actor, now=now)
    receiver.deliver()
    assert receiver.server.requests[1].headers["webhook-signature"].count("v1,") == 1


def test_old_deliveries_are_removed(receiver: Receiver, cast: Cast) -> None:
    add_company(cast.northwind, "Alpine")
    now = timezone.now()
    assert remove_old(cast.northwind.pk, before=now - KEPT) == 0
    assert remove_old(cast.northwind.pk, before=now + timedelta(minutes=1)) == 1


_WORK = """
import django; django.setup()
import sys
from django.utils import timezone
from tenantry.webhooks.sending import deliver_due
deliver_due(endpoint_id=int(sys.argv[1]), marketplace_id=int(sys.argv[2]), clock=timezone.now)
"""


_ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "tenantry.config.settings", "TENANTRY_WEBHOOKS_TO_LOOPBACK": "1"}


def test_a_killed_worker_loses_nothing_and_repeats_each_at_most_once_under_its_id(cast: Cast) -> None:
    with running() as server:
        receiver = listen(cast, server)
        many, release = threading.Event(), threading.Event()

        def script(_: Request) -> Reply:
            if len(server.requests) > 36:
                many.set()
                release.wait(20)
            return Reply({})

        server.script = script
        add_companies(cast.northwind, [CompanyDraft(f"Company {number}", "AT") for number in range(60)])
        worker = subprocess.Popen(
            [sys.executable, "-c", _WORK, str(receiver.endpoint.pk), str(cast.northwind.pk)],
            env={**os.environ, **_ENVIRONMENT},
        )
        assert many.wait(30)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        release.set()
        deadline = time.monotonic() + 20
        while any(row.state == "waiting" for row in receiver.deliveries()):
            assert time.monotonic() < deadline
            receiver.deliver()
        times = Counter(request.headers["webhook-id"] for request in server.requests)
        assert len(times) == 60
        assert set(times.values()) == {1, 2}
        assert sum(count - 1 for count in times.values()) <= 40
