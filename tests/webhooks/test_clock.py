"""A clock that was hours ahead and is right again: nothing waits for what it said."""

from datetime import timedelta

from django.utils import timezone
from tests.providers.stub import Reply
from tests.web.cast import Cast
from tests.web.people import add_company
from tests.webhooks.receiver import Receiver

from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.standing import disable_company
from tenantry.webhooks.clock import follow_clock

AHEAD = timedelta(hours=3)


def test_what_was_made_while_the_clock_was_ahead_is_delivered_once_it_is_right(receiver: Receiver, cast: Cast) -> None:
    company, now = add_company(cast.northwind, "Alpine"), timezone.now()
    receiver.deliver()
    with marketplace_scope(cast.northwind.pk):
        disable_company(company_id=company.pk, reason="Not paid.", actor=receiver.actor, now=now + AHEAD)
    receiver.deliver()
    assert receiver.types() == ["company.created"]
    assert follow_clock(cast.northwind.pk, now=now) == 1
    receiver.deliver()
    assert receiver.types() == ["company.created", "company.status_changed"]


def test_what_failed_while_the_clock_was_ahead_is_tried_again_and_the_endpoint_rests_no_more(
    receiver: Receiver, cast: Cast
) -> None:
    add_company(cast.northwind, "Alpine")
    receiver.server.say(Reply({}, status=500))
    now = timezone.now()
    receiver.deliver(at=now + AHEAD)
    receiver.server.say(Reply({"ok": True}))
    receiver.deliver(at=now + timedelta(minutes=1))
    assert len(receiver.server.requests) == 1
    assert follow_clock(cast.northwind.pk, now=now) == 1
    receiver.deliver(at=now)
    assert [row.state for row in receiver.deliveries()] == ["delivered"]


def test_a_retry_of_a_clock_that_was_right_keeps_its_time(receiver: Receiver, cast: Cast) -> None:
    add_company(cast.northwind, "Alpine")
    receiver.server.say(Reply({}, status=500))
    now = timezone.now()
    for hours in (0, 1, 2, 3):  # the next is two hours later
        receiver.deliver(at=now + timedelta(hours=hours))
    [row] = receiver.deliveries()
    assert row.next_attempt_at > now + timedelta(hours=4)
    assert follow_clock(cast.northwind.pk, now=now + timedelta(hours=3)) == 0
