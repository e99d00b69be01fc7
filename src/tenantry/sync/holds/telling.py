"""Tells a marketplace's managers of holds: once when something is held, once when nothing of it waits any more."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from tenantry.marketplace.models import Marketplace
from tenantry.sync.models import Change, ChangeState, Hold, HoldState, Run
from tenantry.sync.notices import tell_managers

_MOST_PLACES = 5


def tell_held(run: Run, kind: str, *, now: datetime) -> None:
    """Tell that changes of this kind are held by the run, unless that was told. In the marketplace's scope."""
    _tell(run, kind, f"held_{kind}", "open", now=now)


def tell_held_again(run: Run, kind: str, *, now: datetime) -> None:
    """Tell that what was released of this kind waits again."""
    _tell(run, kind, "held_again", "again", now=now)


def tell_settled(run: Run, kind: str, *, now: datetime) -> None:
    """Tell that nothing of this kind waits in the run any more, if that it waits was told."""
    if not Hold.objects.filter(run=run, kind=kind, state=HoldState.OPEN).exists():
        _tell(run, kind, "held_settled", "settled", now=now)


def _tell(run: Run, kind: str, words: str, state: str, *, now: datetime) -> None:
    holds = list(Hold.objects.select_related("company").filter(run=run, kind=kind).order_by("pk"))
    one = holds[0].pk if len(holds) == 1 else None
    tell_managers(
        subject=f"held:{run.pk}:{kind}", state=state, kind=words, parameters=_parameters(run, holds, state),
        link=reverse("web:hold-detail", args=[one]) if one else reverse("web:hold-list"),
        recovery=state == "settled", now=now,
    )  # fmt: skip


def _parameters(run: Run, holds: list[Hold], state: str) -> dict[str, Any]:
    changes = Change.objects.filter(hold__in=holds)
    if state != "settled":
        changes = changes.filter(state=ChangeState.HELD)
    name = Marketplace.objects.get().name
    return {
        "count": f"{changes.count():,}",
        "source": run.source or name,
        "marketplace": name,
        "places": _places(holds, name),
    }


def _places(holds: list[Hold], marketplace: str) -> str:
    """Return where how many of how many would go, in any language: ``Fabrikam: 5/9; Contoso: 2/2``."""
    parts = [
        f"{hold.company.name if hold.company else marketplace}: {hold.count:,}" + (f"/{hold.of:,}" if hold.of else "")
        for hold in holds
    ]
    more = len(parts) - _MOST_PLACES
    return "; ".join(parts[:_MOST_PLACES]) + (f"; +{more:,}" if more > 0 else "")
