"""Fixtures for tests that have the cast visit or call: a folder's ``conftest`` takes them from here."""

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.conftest import Snapshot
from tests.web.cast import Cast, make_cast, stage_of
from tests.web.stage import Stage


@pytest.fixture(autouse=True)
def quick(settings: Settings) -> None:
    """Spare what these tests are not about: slow hashes, and looking for static files for each client."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_USE_FINDERS = False


def make_cast_now() -> Cast:
    return make_cast(timezone.now())


@pytest.fixture
def template(request: pytest.FixtureRequest, snapshot: Snapshot, template: str) -> str:
    """The cast is made once; whoever asks for it gets a copy of the database that it is in."""
    return snapshot(make_cast_now)[0] if "cast" in request.fixturenames else template


@pytest.fixture
def cast(database: str, snapshot: Snapshot) -> Cast:
    cast: Cast = snapshot(make_cast_now)[1]
    return cast


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return stage_of(cast)
