"""Pages that a provider's pushes come to, over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings
from tests.pages import pages_served

from tenantry.web.hints import views
from tenantry.web.hints.limits import HintLimits


@contextmanager
def pages_told_of(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the pages at the address that providers are told; nobody has knocked there yet."""
    monkeypatch.setattr(views, "_push_limits", HintLimits(each=120, overall=3_000))
    with pages_served() as address:
        settings.MAIL = replace(settings.MAIL, url=address)
        yield address
