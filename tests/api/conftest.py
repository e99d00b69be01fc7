"""The cast and Northwind's stage, for calls to the REST API, and an emulator for those that ask a provider."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.calling import Api, api_of
from tests.connections.directory_stage import close_kept
from tests.web.cast import Cast
from tests.web.casting import cast, quick, scene, stage, template
from tests.webhooks.listening import server, to_this_machine

from tenantry.emulator.server import Emulator

__all__ = ["cast", "quick", "scene", "server", "stage", "template", "to_this_machine"]


@pytest.fixture
def api(cast: Cast) -> Api:
    """Northwind's manager, through a token with every scope."""
    return api_of(cast)


@pytest.fixture
def emulator(emulator_home: Path) -> Iterator[Emulator]:
    with Emulator(customers=5, people=4, limit=0, home=emulator_home) as running:
        yield running
    close_kept()
