"""What a way of taking changes back is: one for each sort of change, all listed in ``registry``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tenantry.audit.events import Actor
from tenantry.core.undoing import Effect
from tenantry.sync.deciding.answering import Circumstances
from tenantry.sync.models import Change

UNDO_PREFIX = "undo."
"""What the kind of an undo begins with; the kind of what it takes back follows."""


class UndoRefused(Exception):
    """The change can't be taken back; nothing was done. The message is a sentence."""


class UndoStale(UndoRefused):
    """What it was planned on is no longer so: somebody, or a sync, was faster."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What taking a change back would do. ``before`` must still be so when it is done, ``after`` is what it makes so.

    ``details`` is what doing it needs besides.
    """

    effect: Effect
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Way:
    """How changes of some kinds are taken back. Everything runs in the marketplace's scope.

    ``plan`` judges many applied changes at once, writes nothing, and answers for each of them by primary key.
    ``take_back`` does it for a planned row, whose ``undoes`` is the change: checks again, writes, records an audit
    event and says on the change that it is undone, in the caller's transaction. It raises :class:`UndoRefused`.
    """

    kinds: frozenset[str]
    plan: Callable[[Sequence[Change], Actor, datetime], dict[int, Planned]]
    take_back: Callable[[Change, Circumstances], None]


def plan_each(
    changes: Iterable[Change], way_for: Callable[[str], Way | None], actor: Actor, now: datetime
) -> dict[int, Planned]:
    """Let the way of each change plan it, those of a kind together; without those that there is no way for."""
    by_kind: dict[str, list[Change]] = {}
    for change in changes:
        by_kind.setdefault(change.kind, []).append(change)
    found: dict[int, Planned] = {}
    for kind, some in by_kind.items():
        way = way_for(kind)
        found |= way.plan(some, actor, now) if way else {}
    return found
