"""Which pushes to ask a provider for, which to stop, and which to forget. A pure decision about one connection.

A push is a provider's promise to tell when people of one tenant change. It ends by itself, and before that another is
asked for: they overlap, so that nothing is missed between them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A provider that refused is asked again after so long.
TRY_AGAIN = timedelta(minutes=30)
# Of its life, the last part in which a push is renewed, or followed by another.
_LAST = 4


class PushState(StrEnum):
    """Where a push stands: an opening one is being asked for, a stopping one was followed by another."""

    OPENING = "opening"
    OPEN = "open"
    STOPPING = "stopping"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class HeldPush:
    """A push as it is kept. ``until`` is ``None`` before the provider promised anything.

    ``shaken``: the provider wants it to be renewed now, whenever it ends.
    """

    key: int
    tenant_id: int
    state: PushState
    asked_at: datetime
    until: datetime | None = None
    shaken: bool = False

    def lapsed(self, now: datetime) -> bool:
        """Whether the provider has ended it by now."""
        return self.until is not None and self.until <= now

    def ends_soon(self, now: datetime) -> bool:
        """Whether another should follow it now."""
        if self.until is None:
            return True
        return self.shaken or self.until - now <= (self.until - self.asked_at) / _LAST


@dataclass(frozen=True, slots=True)
class PushPlan:
    """``ask``: tenants, those first whose push ends next; ``stop`` and ``forget``: keys of pushes."""

    ask: tuple[int, ...]
    stop: tuple[int, ...]
    forget: tuple[int, ...]


def plan_pushes(wanted: Collection[int], held: Iterable[HeldPush], *, now: datetime) -> PushPlan:
    """Decide about the pushes of a connection, whose ``wanted`` tenants should be told of.

    Nobody else may be asking meanwhile: one that is still opening was left by a process that died.
    """
    stop: list[int] = []
    forget: list[int] = []
    good: dict[int, HeldPush] = {}
    waits: set[int] = set()
    for each in sorted(held, key=lambda one: (one.asked_at, one.key)):
        if each.state is PushState.OPENING or each.lapsed(now):
            forget.append(each.key)
        elif each.state is PushState.FAILED:
            if each.tenant_id in wanted and now - each.asked_at < TRY_AGAIN:
                waits.add(each.tenant_id)
            else:
                forget.append(each.key)
        elif each.state is PushState.STOPPING or each.tenant_id not in wanted:
            stop.append(each.key)
        else:
            if each.tenant_id in good:
                stop.append(good[each.tenant_id].key)
            good[each.tenant_id] = each
    ending = sorted((one for one in good.values() if one.ends_soon(now)), key=lambda one: (one.until or now, one.key))
    ask = [one.tenant_id for one in ending] + sorted(set(wanted) - good.keys())
    return PushPlan(tuple(each for each in ask if each not in waits), tuple(stop), tuple(forget))
