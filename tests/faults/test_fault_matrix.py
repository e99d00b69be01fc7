"""Every fault of both providers in every phase of reading them. `make faults` plays all cells and writes the table.

The suite plays a few: each kind of fault and each phase once.
"""

import copy
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import stamina
from tests.conftest import NOW, Snapshot
from tests.connections.directory_stage import close_kept
from tests.faults.causes import CAUSES, Cause, cells, switches_without_a_place
from tests.faults.matrix import play_cell, sample
from tests.faults.outcomes import keep_outcome
from tests.faults.phases import PHASES, Phase
from tests.faults.play import Play, as_usual, build, emulated

from tenantry.emulator.faults import FaultKind
from tenantry.emulator.server import Emulator

_KEEP = os.environ.get("TENANTRY_ALL_FAULTS", "")  # the file that takes what came of all cells
_CELLS = [cell for provider in PHASES for cell in cells(provider)] if _KEEP else sample()
_numbers = count(1)

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("fault-matrix")]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with emulated() as running:
        yield running


@pytest.fixture(scope="module")
def built(emulator: Emulator, snapshot: Snapshot) -> tuple[str, Play]:
    """What was read once: a database for each cell to have a copy of, and the play over it."""
    kept: list[Play] = []

    def content() -> None:
        kept.append(build(emulator, NOW))

    with stamina.set_testing(True, attempts=99, cap=True):
        name, _ = snapshot(content)
    return name, kept[0]


@pytest.fixture
def template(built: tuple[str, Play]) -> str:
    return built[0]


@pytest.fixture
def play(built: tuple[str, Play], database: str) -> Iterator[Play]:
    """The play, with a database of its own. Retries in place happen at once, as often as usual."""
    play = built[1]
    clock = play.stage.clock
    began = copy.copy(clock.now)
    with stamina.set_testing(True, attempts=99, cap=True):
        yield play
    clock.now = began
    as_usual(play.emulator)
    close_kept()


def _named(value: object) -> str:
    name = value.name if isinstance(value, Cause) else value.key if isinstance(value, Phase) else str(value)
    return name.replace(" ", "-")


@pytest.mark.parametrize(
    ("cause", "phase"), _CELLS, ids=[f"{cause.provider}-{_named(phase)}-{_named(cause)}" for cause, phase in _CELLS]
)
def test_a_fault_loses_nothing_says_what_to_do_and_is_mended_by_the_next_reading(
    play: Play, cause: Cause, phase: Phase
) -> None:
    outcome = play_cell(play, cause, phase, next(_numbers))
    if _KEEP:
        keep_outcome(Path(_KEEP), outcome)
    assert not outcome.wrong, "; ".join(outcome.wrong)


def test_every_fault_and_every_switch_of_the_emulator_has_its_place_in_the_matrix() -> None:
    assert {cause.kind for cause in CAUSES} - {None} == set(FaultKind)
    assert switches_without_a_place() == set()
    met = {(cause.provider, phase.key) for cause, phase in sample()}
    assert met == {(provider, phase.key) for provider in PHASES for phase in PHASES[provider] if phase.path}
    assert {cause.kind for cause, _ in sample()} == set(FaultKind)
