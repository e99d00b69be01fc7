"""Takes back what a release let go: each of its rows stands for the change that had been held."""

from collections.abc import Sequence
from datetime import datetime

from tenantry.audit.events import Actor
from tenantry.core.undoing import NO_WAY, ChangeFacts, Effect, why_not
from tenantry.sync.deciding.answering import Circumstances
from tenantry.sync.holds.releasing import RELEASE
from tenantry.sync.models import Change
from tenantry.sync.undoing.ways import UNDO_PREFIX, Planned, UndoRefused, Way, plan_each

_GONE = Effect("The change that was released is not kept any more.")


class Released:
    """The way of releases. ``ways`` are those of the changes that may have been held."""

    def __init__(self, ways: Sequence[Way]) -> None:
        self._ways = ways
        self.way = Way(frozenset({RELEASE}), self._plan, self._take_back)

    def _for(self, kind: str) -> Way | None:
        return next((way for way in self._ways if kind in way.kinds), None)

    def _plan(self, changes: Sequence[Change], actor: Actor, now: datetime) -> dict[int, Planned]:
        originals = Change.objects.select_related("run").in_bulk([_original_of(change) for change in changes])
        refusals = {
            original.pk: _refusal(original, now=now) or ("" if self._for(original.kind) else NO_WAY)
            for original in originals.values()
        }
        planned = plan_each((each for each in originals.values() if not refusals[each.pk]), self._for, actor, now)
        found = {}
        for change in changes:
            original_id = _original_of(change)
            if original_id in planned:
                found[change.pk] = _standing_for(planned[original_id], change)
            else:
                found[change.pk] = Planned(Effect(refusals[original_id]) if original_id in refusals else _GONE)
        return found

    def _take_back(self, undo: Change, by: Circumstances) -> None:
        original_id = int((undo.details or {})["stands_for"])
        kind = Change.objects.values_list("kind", flat=True).filter(pk=original_id).first()
        way = self._for(kind or "")
        if way is None:
            raise UndoRefused(NO_WAY)
        named = undo.undoes_id
        undo.undoes_id = original_id
        try:
            way.take_back(undo, by)
        finally:
            undo.undoes_id = named


def _original_of(change: Change) -> int:
    return int((change.details or {}).get("change") or 0)


def _refusal(original: Change, *, now: datetime) -> str:
    undoing = original.kind.startswith(UNDO_PREFIX)
    return why_not(ChangeFacts(original.kind, original.state, original.settled_at, undoing=undoing), now=now)


def _standing_for(planned: Planned, change: Change) -> Planned:
    details = {**planned.details, "stands_for": _original_of(change)}
    return Planned(planned.effect, planned.before, planned.after, details)
