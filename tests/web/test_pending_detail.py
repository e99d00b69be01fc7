"""The page of one pending company: what is known, what is wrong with it, who sees it, what happened."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from tests.web.cast import OPERATOR, Cast
from tests.web.reading import text_of
from tests.web.stage import Customer, Stage, customers

from tenantry.audit.events import Actor, ActorKind, Happening, Target
from tenantry.audit.services import record_event
from tenantry.config.settings import VERSION
from tenantry.connections.services import MicrosoftConnection, save_microsoft_connection
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Change, ChangeState, Sighting, Tenant

ALPINE = Customer("Alpine Ski House GmbH", "alpineskihouse.com", "AT", "Maria Huber", "maria@alpineskihouse.com")


def _page(cast: Cast, stage: Stage, query: str = "", **by: object) -> str:
    pk = stage.pending(**by).pk
    return text_of(cast.client("owner").get(f"/companies/pending/{pk}/{query}"))


def test_the_tenant_is_shown_field_by_field_with_what_is_not_known(cast: Cast, stage: Stage) -> None:
    stage.sync([ALPINE])
    words = _page(cast, stage)
    tenant = stage.tenant(ALPINE.name)
    for fact in (
        tenant.external_id, "Primary domain alpineskihouse.com", "Country Austria", "Name Maria Huber",
        "E-mail maria@alpineskihouse.com", "Ring 1 1010 Wien Austria", "Registration number not given",
        "Delegated administration yes", "Partner Center EU",
    ):  # fmt: skip
        assert fact in words
    assert "as of" in words
    assert f"Tenantry {VERSION} Keyboard shortcuts" in words


def test_what_was_not_read_yet_is_never_called_missing(cast: Cast, stage: Stage) -> None:
    stage.sync([Customer("Quiet Ltd", "quiet.example", read=False)])
    words = _page(cast, stage)
    assert "Details not read yet" in words
    assert "E-mail not read yet" in words
    assert "not given" not in words
    assert "problem" not in words


def test_verified_domains_that_are_not_visible_are_unknown_not_none(cast: Cast, stage: Stage) -> None:
    stage.sync([ALPINE])
    Tenant.objects.update(domains=None)
    assert "Verified domains not visible without delegated administration" in _page(cast, stage)


@pytest.mark.parametrize(
    ("customer", "title"),
    [
        (Customer("A", "a.example", contact="", email=""), "No primary contact"),
        (Customer("A", "a.example", contact="Ann Other", email=""), "The contact has no e-mail address"),
    ],
)
def test_each_problem_says_how_to_fix_it(customer: Customer, title: str, cast: Cast, stage: Stage) -> None:
    stage.sync([customer])
    words = _page(cast, stage)
    assert f"1 problem {title}" in words
    assert "To fix it:" in words


def test_refused_details_say_why_in_the_provider_s_words(cast: Cast, stage: Stage) -> None:
    stage.sync([ALPINE])
    Tenant.objects.update(details_problem="The Partner Center refused: no delegated access.")
    with marketplace_scope(stage.marketplace.pk):
        pending = stage.pending()
        pending.problems = ["details_refused"]
        pending.save()
    words = _page(cast, stage)
    assert "The details were refused The Partner Center refused: no delegated access." in words


def test_only_the_marketplace_s_own_connections_are_said_to_see_it(cast: Cast, stage: Stage) -> None:
    stage.sync([ALPINE])
    other = save_microsoft_connection(
        MicrosoftConnection("Secret Partner Center", str(uuid.uuid4()), str(uuid.uuid4()), "web"),
        actor=OPERATOR,
        now=timezone.now(),
    )
    seen = Sighting.objects.get()
    Sighting.objects.create(
        connection=other, tenant_id=seen.tenant_id, relationship="reseller", content_hash=uuid.uuid4(),
        first_seen_at=timezone.now(),
    )  # fmt: skip
    words = _page(cast, stage)
    assert "Who sees it Partner Center EU" in words
    assert "Secret" not in words


def test_a_tenant_that_a_list_missed_is_said_to_be_missing_since_then(cast: Cast, stage: Stage) -> None:
    stage.sync([ALPINE, *customers(1)], now=timezone.now() - timedelta(days=2))
    known = [Customer(**{**each.__dict__, "external_id": stage.tenant(each.name).external_id}) for each in customers(1)]
    stage.sync(known, now=timezone.now())
    assert "missing from the list since today" in _page(cast, stage, name=ALPINE.name)


def test_the_history_tells_what_happened_by_whom_and_why_newest_first(cast: Cast, stage: Stage) -> None:
    stage.sync([ALPINE])
    words = _page(cast, stage)
    history = words.split("History", maxsplit=1)[1]
    assert history.index("Updated") < history.index("Came in")
    assert "Customer tenant that no company here is linked to." in history
    assert "Details were read from the provider." in history
    assert "Maria" not in history


def test_the_history_has_changes_that_were_not_made_too(cast: Cast, stage: Stage) -> None:
    run = stage.sync([ALPINE])
    tenant = stage.tenant(ALPINE.name)
    with marketplace_scope(stage.marketplace.pk):
        Change.objects.create(
            marketplace=stage.marketplace, run=run, tenant=tenant, kind="pending.update", subject=tenant.external_id,
            subject_name=tenant.name, reason="x", state=ChangeState.STALE, problem="Changed meanwhile by Kim.",
            created_at=timezone.now(),
        )  # fmt: skip
    assert "Not applied: changed meanwhile" in _page(cast, stage)
    assert "Changed meanwhile by Kim." in _page(cast, stage)


def test_the_history_of_another_marketplace_does_not_show(cast: Cast, stage: Stage) -> None:
    stage.sync([ALPINE])
    tenant = stage.tenant(ALPINE.name)
    with marketplace_scope(cast.contoso.pk):
        record_event(
            Happening("sync.tenant.linked", Target("tenant", tenant.external_id), reason="Decided in Contoso."),
            actor=Actor(ActorKind.ACCOUNT, "Sam Stranger"), marketplace_id=cast.contoso.pk, now=timezone.now(),
        )  # fmt: skip
    words = _page(cast, stage)
    assert "Contoso" not in words
    assert "Sam Stranger" not in words


def test_from_a_filtered_list_one_goes_to_the_neighbours_in_it_and_back(cast: Cast, stage: Stage) -> None:
    stage.sync([*customers(5), ALPINE])
    client = cast.client("owner")
    kept = "?q=customer&sort=-name"
    middle = client.get(f"/companies/pending/{stage.pending(name='Customer 0002').pk}/{kept}").content.decode()
    kept = kept.replace("&", "&amp;")
    assert f'href="/companies/pending/{kept}"' in middle
    assert f'href="/companies/pending/{stage.pending(name="Customer 0003").pk}/{kept}" rel="prev"' in middle
    assert f'href="/companies/pending/{stage.pending(name="Customer 0001").pk}/{kept}" rel="next"' in middle
    last = client.get(f"/companies/pending/{stage.pending(name='Customer 0000').pk}/?q=customer&sort=-name")
    assert 'rel="next"' not in last.content.decode()
