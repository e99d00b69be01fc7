"""The cast and Northwind's stage, for calls to the REST API, and an emulator for those that ask a provider."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.api.calling import Api, api_of
from tests.conftest import Snapshot
from tests.connections.directory_stage import close_kept
from tests.web.cast import Cast, make_cast, stage_of
from tests.web.stage import Stage

from tenantry.emulator.server import Emulator


@pytest.fixture(autouse=True)
def _quick(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_USE_FINDERS = False


def make_cast_now() -> Cast:
    """The cast, as it is made once for all tests here."""
    return make_cast(timezone.now())


@pytest.fixture
def template(request: pytest.FixtureRequest, snapshot: Snapshot, template: str) -> str:
    """Tests that ask for the cast get a copy of the database with it."""
    return snapshot(make_cast_now)[0] if "cast" in request.fixturenames else template


@pytest.fixture
def cast(database: str, snapshot: Snapshot) -> Cast:
    cast: Cast = snapshot(make_cast_now)[1]
    cast.clients.clear()
    return cast


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return stage_of(cast)


@pytest.fixture
def api(cast: Cast) -> Api:
    """Northwind's manager, through a token with every scope."""
    return api_of(cast)


@pytest.fixture
def emulator(emulator_home: Path) -> Iterator[Emulator]:
    with Emulator(customers=5, people=4, limit=0, home=emulator_home) as running:
        yield running
    close_kept()
