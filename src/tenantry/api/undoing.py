"""Taking back what a run did: what that would do, and the start of it, as a run of its own."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from ninja import Schema
from pydantic import Field

from tenantry.api.areas import Area, Call, Reply
from tenantry.api.runs import run_or_missing
from tenantry.api.runs_shapes import RunTold
from tenantry.api.shapes import Given, Id
from tenantry.core.permissions import Action
from tenantry.sync.undoing.planning import Judged, Wanted, forecast_undo, start_undo

area = Area("Runs")
_MOST = 1_000


class UndoGiven(Given):
    """The changes that are meant: those named, or without ``change_ids`` all that the run made."""

    change_ids: list[Id] | None = Field(None, max_length=_MOST)

    def wanted(self, pk: int) -> Wanted:
        """Return the changes that are meant."""
        ids = None if self.change_ids is None else tuple(sorted(set(self.change_ids)))
        return Wanted(run_or_missing(pk), ids)


class UndoStart(UndoGiven):
    """Exactly what a forecast showed. ``removes``: how many companies go, asked for when they are many."""

    seen: UUID
    removes: int | None = Field(None, ge=0, le=999_999_999)


class JudgedTold(Schema):
    """A change with what taking it back would do, or why it can't be."""

    change_id: int
    name: str
    kind: str
    does: list[str]
    stays: list[str]
    refusal: str

    @classmethod
    def all_of(cls, rows: Sequence[Judged]) -> "list[JudgedTold]":
        """Return judged changes as an answer says them."""
        return [
            cls(
                change_id=each.change.pk, name=each.change.subject_name, kind=each.change.kind,
                does=list(each.effect.does), stays=list(each.effect.stays), refusal=each.effect.refusal,
            )
            for each in rows
        ]  # fmt: skip


class UndoTold(Schema):
    """What taking back would do: how many of how many, by kind; the others by reason; what of it stays."""

    seen: UUID = Field(description="Names exactly these changes: what starting it sends.")
    total: int
    doable: int
    removes: int = Field(description="How many companies go.")
    kinds: Mapping[str, int]
    refusals: Mapping[str, int]
    stays: Mapping[str, int]
    samples: list[JudgedTold]
    refused: list[JudgedTold]


@area.post("/runs/{int:pk}/undo/forecast", Action.UNDO_RUN, UndoTold, refuses=True)
def forecast_taking_back(call: Call, pk: Id, given: UndoGiven) -> UndoTold:
    """Say what of a run can be taken back, and what can't. Changes nothing."""
    seen = forecast_undo(given.wanted(pk), actor=call.actor, now=call.caller.now)
    plain = {name: getattr(seen, name) for name in ("seen", "total", "doable", "removes", "kinds", "refusals", "stays")}
    return UndoTold(**plain, samples=JudgedTold.all_of(seen.samples), refused=JudgedTold.all_of(seen.refused))


@area.post("/runs/{int:pk}/undo", Action.UNDO_RUN, RunTold, status=202, refuses=True)
def take_run_back(call: Call, pk: Id, given: UndoStart) -> Reply:
    """Take back exactly what a forecast showed, as a run."""
    run = start_undo(wanted=given.wanted(pk), seen=given.seen, typed=given.removes, **call.told)
    return Reply(RunTold.of(run), location=f"/api/v1/runs/{run.pk}")
