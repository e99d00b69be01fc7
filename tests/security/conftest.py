"""Two marketplaces on one Partner Center, both with everything that a sync leaves behind."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.conftest import Snapshot
from tests.web.cast import Cast, make_cast, switch_on
from tests.web.stage import Customer, Stage, customers

from tenantry.core.drafts import DomainDraft
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.guarding import follow_companies
from tenantry.marketplace.companies.services import CompanyDraft, create_company
from tenantry.marketplace.companies.writing import insert_companies
from tenantry.marketplace.models import CompanyOrigin
from tenantry.sync.links import link_tenant


@pytest.fixture(autouse=True)
def _quick(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_USE_FINDERS = False


def make_full() -> Cast:
    """Both marketplaces have synced twenty customers and linked one."""
    cast, now = make_cast(timezone.now()), timezone.now()
    for marketplace in (cast.northwind, cast.contoso):
        switch_on(marketplace)
    Stage(cast.northwind, cast.connection).sync([*customers(20), Customer("Linked", "linked.example")])
    tenant = Stage(cast.northwind, cast.connection).tenant("Linked")
    for marketplace, account in ((cast.northwind, "owner"), (cast.contoso, "stranger")):
        actor = cast.actor(account)
        with marketplace_scope(marketplace.pk):
            company = create_company(
                draft=CompanyDraft("Linked", "AT"), origin=CompanyOrigin.BY_HAND, actor=actor, now=now
            )
            link_tenant(
                connection=cast.connection, external_id=tenant.external_id, company=company, reason="", actor=actor,
                now=now,
            )  # fmt: skip
    return cast


def make_many() -> Cast:
    """Northwind has thousands of pending companies, one of them with a name that is rare."""
    cast = make_cast(timezone.now())
    switch_on(cast.northwind)
    stage = Stage(cast.northwind, cast.connection)
    stage.list(stage.request(), [*customers(4_000), Customer("Quixotic 0042", "quixotic.example")])
    return cast


_WORDS = "alder birch cedar elm fir gum hazel iron jade kapok larch maple nut oak pine rowan sal teak".split()


def make_crowded() -> Cast:
    """As ``many``, and Northwind has thousands of companies, too."""
    cast = make_many()
    names = [f"{one} {two} {three}" for one in _WORDS for two in _WORDS for three in _WORDS[:12]]
    drafts = [
        CompanyDraft(
            name, "DE", domains=(DomainDraft(f"{name.replace(' ', '-')}.example"),), tenant_ids=(str(UUID(int=number)),)
        )
        for number, name in enumerate(names)
    ]
    with marketplace_scope(cast.northwind.pk):
        follow_companies(insert_companies(drafts, origin=CompanyOrigin.IMPORT, now=timezone.now()))
    return cast


_MADE = {"full": make_full, "many": make_many, "crowded": make_crowded}


@pytest.fixture
def template(request: pytest.FixtureRequest, snapshot: Snapshot, template: str) -> str:
    """Tests that ask for ``full`` or ``many`` get a copy of what was made once."""
    return next((snapshot(make)[0] for name, make in _MADE.items() if name in request.fixturenames), template)


@pytest.fixture
def cast(database: str) -> Cast:
    return make_cast(timezone.now())


@pytest.fixture
def full(database: str, snapshot: Snapshot) -> Cast:
    cast: Cast = snapshot(make_full)[1]
    return cast


@pytest.fixture
def many(database: str, snapshot: Snapshot, owner: "psycopg.Connection[tuple[object, ...]]") -> Cast:
    owner.execute("analyze")
    cast: Cast = snapshot(make_many)[1]
    return cast


@pytest.fixture
def crowded(database: str, snapshot: Snapshot, owner: "psycopg.Connection[tuple[object, ...]]") -> Cast:
    owner.execute("vacuum analyze")
    cast: Cast = snapshot(make_crowded)[1]
    return cast


@pytest.fixture
def owner(owner_url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """The database as its owner, whom no policy binds."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield connection
