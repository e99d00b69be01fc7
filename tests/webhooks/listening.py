"""An endpoint on this machine, for tests of pages and of calls: their ``conftest`` takes these fixtures from here."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings
from tests.providers.stub import Stub, running


@pytest.fixture
def to_this_machine(settings: Settings) -> None:
    """Let webhooks go to loopback, where the tests listen."""
    settings.WEBHOOKS_TO_LOOPBACK = True


@pytest.fixture
def server() -> Iterator[Stub]:
    with running() as stub:
        yield stub
