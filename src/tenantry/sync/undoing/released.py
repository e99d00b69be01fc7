"""Takes back what a release let go: each of its rows stands for the change that had been held."""

from collections.abc import Sequence
from datetime import datetime

from tenantry.audit.events import Actor
from tenantry.core.undoing import NO_WAY, ChangeFacts, Effect, why_not
from tenantry.sync.deciding.answering import Circumstances
from tenantry.sync.holds.releasing import RELEASE
from tenantry.sync.models import Change
from tenantry.sync.undoing.ways import Planned, UndoRefused, Way

_GONE = Effect("The change that was released is not kept any more.")
_UNDOING = "undo."


class Released:
    """The way of releases. ``ways`` are those of the changes that may have been held."""

    def __init__(self, ways: Sequence[Way]) -> None:
        self._ways = ways
        self.way = Way(frozenset({RELEASE}), self._plan, self._take_back)

    def _for(self, kind: str) -> Way | None:
        return next((way for way in self._ways if kind in way.kinds), None)

    def _plan(self, changes: Sequence[Change], actor: Actor, now: datetime) -> dict[int, Planned]:
        originals = Change.objects.select_related("run").in_bulk([_original_of(change) for change in changes])
        by_kind: dict[str, list[Change]] = {}
        found = {change.pk: Planned(_GONE) for change in changes}
        for change in changes:
            original = originals.get(_original_of(change))
            if original is None:
                continue
            refusal = _refusal(original, now=now) or ("" if self._for(original.kind) else NO_WAY)
            if refusal:
                found[change.pk] = Planned(Effect(refusal))
            else:
                by_kind.setdefault(original.kind, []).append(change)
        for kind, some in by_kind.items():
            way = self._for(kind)
            assert way is not None  # noqa: S101 (asked above)
            planned = way.plan([originals[_original_of(change)] for change in some], actor, now)
            found |= {change.pk: _standing_for(planned[_original_of(change)], change) for change in some}
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
    undoing = original.kind.startswith(_UNDOING)
    return why_not(ChangeFacts(original.kind, original.state, original.settled_at, undoing=undoing), now=now)


def _standing_for(planned: Planned, change: Change) -> Planned:
    details = {**planned.details, "stands_for": _original_of(change)}
    return Planned(planned.effect, planned.before, planned.after, details)
