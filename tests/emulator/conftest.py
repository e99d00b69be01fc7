"""Fixtures of the emulator's tests: emulators of any kind, and the partner who asks them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.emulator.partner import Partner

from tenantry.emulator.server import Emulator

Starting = Callable[..., Partner]


@pytest.fixture
def start(emulator_home: Path) -> Iterator[Starting]:
    """Start an emulator with the given options and play its partner; everything ends with the test."""
    with ExitStack() as stack:

        def starting(**settings: Any) -> Partner:
            options = {"customers": 60, "limit": 0, "home": emulator_home, **settings}
            emulator = stack.enter_context(Emulator(**options))
            partner = Partner(emulator)
            stack.callback(_end, partner)
            return partner

        yield starting


@pytest.fixture
def partner(start: Starting) -> Partner:
    return start()


def _end(partner: Partner) -> None:
    partner.close()
    assert partner.emulator.counters.crashes == 0, "The emulator itself failed: see the log."
