"""Fixtures for tests that have the cast visit or call: a folder's ``conftest`` takes them from here.

A module whose tests begin with the same things on the stage names them in ``SCENES``: by the fixture that its tests ask
for, a function that plays the scene. It is played once; each test gets a copy of the database.
"""

from collections.abc import Callable, Mapping
from functools import cache

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


Scene = Callable[[Cast, Stage], None]
"""Puts things on Northwind's stage, where Company Sync is on."""


@cache
def _made(scene: Scene | None) -> Callable[[], Cast]:
    """Return the same function each time: what it makes is kept under it."""

    def make() -> Cast:
        cast = make_cast(timezone.now())
        if scene is not None:
            scene(cast, stage_of(cast))
        return cast

    return make


@pytest.fixture
def scene(request: pytest.FixtureRequest) -> Scene | None:
    """The scene that the test's fixtures ask for, if any."""
    scenes: Mapping[str, Scene] = getattr(request.module, "SCENES", {})
    return next((scene for name, scene in scenes.items() if name in request.fixturenames), None)


@pytest.fixture
def template(request: pytest.FixtureRequest, snapshot: Snapshot, template: str, scene: Scene | None) -> str:
    """The cast, and each scene, is made once; whoever asks for it gets a copy of the database that it is in."""
    return snapshot(_made(scene))[0] if "cast" in request.fixturenames else template


@pytest.fixture
def cast(database: str, snapshot: Snapshot, scene: Scene | None) -> Cast:
    cast: Cast = snapshot(_made(scene))[1]
    return cast


@pytest.fixture
def stage(cast: Cast, scene: Scene | None) -> Stage:
    return stage_of(cast) if scene is None else Stage(cast.northwind, cast.connection)
