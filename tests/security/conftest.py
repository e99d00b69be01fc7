"""Two marketplaces on one Partner Center, both with everything that a sync leaves behind."""

from collections.abc import Iterator

import psycopg
import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.web.cast import Cast, make_cast, switch_on
from tests.web.stage import Customer, Stage, customers

from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.companies.services import CompanyDraft, create_company
from tenantry.marketplace.models import CompanyOrigin
from tenantry.sync.links import link_tenant


@pytest.fixture(autouse=True)
def _quick(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_USE_FINDERS = False


@pytest.fixture
def cast(database: str) -> Cast:
    return make_cast(timezone.now())


@pytest.fixture
def full(cast: Cast) -> Cast:
    """Both marketplaces have synced twenty customers and linked one."""
    now = timezone.now()
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


@pytest.fixture
def owner(owner_url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """The database as its owner, whom no policy binds."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield connection
