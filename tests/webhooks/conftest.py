"""A marketplace, a receiver on this machine that listens to it, and the right to call it."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.providers.stub import Stub, running
from tests.web.cast import Cast, make_cast
from tests.webhooks.receiver import Receiver, listen


@pytest.fixture(autouse=True)
def _quick(settings: Settings) -> None:
    """Spare what these tests are not about: slow hashes, and looking for static files for each client."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_USE_FINDERS = False
    settings.WEBHOOKS_TO_LOOPBACK = True


@pytest.fixture
def cast(database: str) -> Cast:
    return make_cast(timezone.now())


@pytest.fixture
def server() -> Iterator[Stub]:
    with running() as stub:
        yield stub


@pytest.fixture
def receiver(cast: Cast, server: Stub) -> Receiver:
    """Northwind tells everything to the server, names of people aside."""
    return listen(cast, server)
