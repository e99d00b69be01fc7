"""One cell of the fault matrix: a phase is read under a fault, then without it, and what is found is judged.

The judge knows nothing of the fault: nothing is lost, nothing is removed on the word of what was read badly, a failure
is one of the vocabulary and says what to do, and the next reading without the fault brings everything up to date.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.connections.directory_stage import close_kept
from tests.faults.causes import Cause, cells
from tests.faults.phases import PHASES, Phase
from tests.faults.play import CENTER, OPEN, RENAMED, Play, Told, kept, wrong

from tenantry.emulator.faults import FaultKind
from tenantry.isolation.scope import marketplace_scope
from tenantry.providers import errors
from tenantry.sync.models import Change, DirectoryUser, Hold, PendingCompany

_REMOVALS = {"pending.withdraw", "user.deactivate", "user.unlink", "user.report_left", "company.relationship_ended"}
_VOCABULARY = {
    name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, errors.ProviderError)
} | {"ConnectionSetAside"}
_FEWEST_WORDS = 3
_OWNERS = {fault.value for fault in errors.Fault}


@dataclass
class Outcome:
    """What came of a cell: how the reading ended, in which words, how many calls met the fault, what was wrong."""

    cause: Cause
    phase: Phase
    told: Told
    calls: int | None
    waits: int
    wrong: list[str] = field(default_factory=list)


def sample() -> list[tuple[Cause, Phase]]:
    """Return cells in which each kind of fault and each phase is met: a kind goes where the fewest went before."""
    met = {(provider, phase.key): 0 for provider in PHASES for phase in PHASES[provider] if phase.path}
    every = [cell for provider in PHASES for cell in cells(provider)]
    chosen = []

    def choose(candidates: list[tuple[Cause, Phase]]) -> None:
        cause, phase = min(candidates, key=lambda each: met[each[0].provider, each[1].key])
        met[cause.provider, phase.key] += 1
        chosen.append((cause, phase))

    for kind in sorted(FaultKind, key=lambda kind: sum(cause.kind is kind for cause, _ in every)):
        choose([(cause, phase) for cause, phase in every if cause.kind is kind])
    for place in [place for place, count in met.items() if not count]:
        choose([cell for cell in every if (cell[0].provider, cell[1].key) == place and cell[0].kind])
    return chosen


def company_of(cause: Cause, phase: Phase) -> int:
    """Return whose people are read: those of a company that the phase's API is open for."""
    return CENTER if cause.provider == "microsoft" and phase.service == "partner center" else OPEN


def play_cell(play: Play, cause: Cause, phase: Phase, number: int) -> Outcome:
    """Let the world change a little, read under the fault, judge, lift it, read again, judge."""
    company, before, removals = company_of(cause, phase), kept(play), _removals(play)
    name = _change_the_world(play, cause.provider, company, number)
    if phase.key == "sign-in":
        close_kept()
    with wrong(play, cause, phase) as fault:
        for _ in range(cause.times(phase)):
            told = play.act(cause.provider, phase.act, company)
    outcome = Outcome(cause, phase, told, None if fault is None else fault.fired, _holds(play))
    outcome.wrong += _lost(before, kept(play))
    outcome.wrong += [f"planned: {each}" for each in sorted(_removals(play) - removals)]
    outcome.wrong += _badly_said(told)
    if fault is not None and not fault.fired:
        outcome.wrong.append("the fault met no call")
    close_kept()  # the next reading is a week later: no process remembers a refusal for so long
    mended = play.act(cause.provider, phase.act, company)
    if not mended.went_well:
        outcome.wrong.append(f"not mended: {mended}")
    outcome.wrong += [f"after mending, {each}" for each in _lost(before, kept(play))]
    if not _is_there(play, cause.provider, phase, name):
        outcome.wrong.append("after mending, what changed at the provider is not there")
    if play.emulator.counters.crashes:
        outcome.wrong.append("the emulator crashed")
    return outcome


def _change_the_world(play: Play, provider: str, company: int, number: int) -> str:
    name, emulator = f"Cell{number}", play.emulator
    emulator.world.rename(emulator.world.tenant_id(RENAMED), name)
    moves: Any = emulator.microsoft.moves if provider == "microsoft" else emulator.google.people
    moves.rename(company, 1, family=name)
    return name


def _is_there(play: Play, provider: str, phase: Phase, name: str) -> bool:
    if phase.act == "people":
        return DirectoryUser.objects.filter(last_name=name).exists()
    if phase.act != "companies" or provider == "google":
        return True
    with marketplace_scope(play.stage.marketplace_id):
        return PendingCompany.objects.filter(name=name).exists()


def _lost(before: dict[str, Any], after: dict[str, Any]) -> Iterable[str]:
    for what, rows in before.items():
        now = after[what]
        if isinstance(rows, set):
            gone = sorted(map(str, rows - now))
        else:
            gone = [f"{key}: {rows[key]} became {now.get(key)}" for key in rows if rows[key] != now.get(key)]
        if gone:
            yield f"lost of {what}: {len(gone)} of {len(rows)}, {gone[0]}"[:200]


def _removals(play: Play) -> set[str]:
    with marketplace_scope(play.stage.marketplace_id):
        rows = Change.objects.filter(kind__in=_REMOVALS).values_list("pk", "kind", "state", "subject_name")
        return {f"{kind} of {name} ({state}, {pk})" for pk, kind, state, name in rows}


def _holds(play: Play) -> int:
    with marketplace_scope(play.stage.marketplace_id):
        return Hold.objects.count()


def _badly_said(told: Told) -> Iterable[str]:
    for failure in told.failures:
        if failure["kind"] not in _VOCABULARY:
            yield f"{failure['kind']} is not of the vocabulary"
        if failure["fault"] not in _OWNERS:
            yield f"nobody's fault: {failure['fault']!r}"
        for part in ("what", "next"):
            if len(str(failure[part]).split()) < _FEWEST_WORDS:
                yield f"{part} is no sentence: {failure[part]!r}"
    for sentence in told.sentences:
        if len(sentence.split()) < _FEWEST_WORDS:
            yield f"no sentence: {sentence!r}"
