"""Shapes of runs, their changes, and what did not go through."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from tenantry.api.shapes import PageQuery, PageShape, choice, one_of
from tenantry.sync.models import Change, ChangeState, Finding, Run
from tenantry.sync.runs.filters import RunFilter
from tenantry.sync.runs.queries import Tally


class RunsQuery(PageQuery):
    """Which runs a list shows, newest first."""

    state: str = choice(RunFilter, "state")
    trigger: str = choice(RunFilter, "trigger")
    kind: str = choice(RunFilter, "kind")


class RunTold(Schema):
    """A run. ``counters`` is empty until it ended; they add up, or ``suspect`` says what does not."""

    id: int
    kind: str
    state: str
    preview: bool
    trigger: str
    connection: str
    requested_by: str
    created_at: datetime
    listed_at: datetime | None
    ended_at: datetime | None
    complete: bool
    cancel_requested_at: datetime | None
    counters: Mapping[str, Any]
    suspect: str
    failure: Mapping[str, Any] | None
    note: str

    @classmethod
    def of(cls, run: Run) -> "RunTold":
        """Return a run as an answer says it."""
        return cls(**cls.facts(run))

    @staticmethod
    def facts(run: Run) -> dict[str, Any]:
        """Return the members of this shape."""
        plain = (
            "kind", "state", "preview", "trigger", "requested_by", "created_at", "listed_at", "ended_at", "complete",
            "cancel_requested_at", "counters", "suspect", "failure", "note",
        )  # fmt: skip
        return {"id": run.pk, "connection": run.source, **{name: getattr(run, name) for name in plain}}


class TallyTold(Schema):
    """A run in numbers. ``changed``: changes applied, or in a preview those that would be."""

    seen: int
    changed: int
    skipped: int
    failed: int
    held: int
    stale: int

    @classmethod
    def of(cls, tally: Tally) -> "TallyTold":
        """Return numbers as an answer says them."""
        return cls(**{name: getattr(tally, name) for name in cls.model_fields})


class RunRow(RunTold):
    """A run with its numbers as they are now."""

    tally: TallyTold


class RunPage(PageShape):
    """A page of runs."""

    items: list[RunRow]


class RunsTold(Schema):
    """The runs that a call started or joined."""

    items: list[RunTold]
    joined: bool = Field(description="Whether all of them were going on already.")


class ChangesQuery(PageQuery):
    """Which changes of a run a list shows."""

    state: str = one_of(ChangeState.values, None, "What became of them.")


class ChangeTold(Schema):
    """One step of a run's plan: what it does to what, from what to what, why, and what became of it."""

    id: int
    kind: str
    subject_kind: str
    subject: str
    subject_name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str
    state: str
    problem: str
    hold_id: int | None
    attempts: int
    next_attempt_at: datetime | None

    @classmethod
    def of(cls, change: Change) -> "ChangeTold":
        """Return a change as an answer says it."""
        return cls(**{"id": change.pk} | {name: getattr(change, name) for name in cls.model_fields if name != "id"})


class ChangePage(PageShape):
    """A page of changes."""

    items: list[ChangeTold]


class FailureTold(Schema):
    """What did not go through: a record that could not be used, or a change that was not made."""

    what: str
    subject: str
    subject_name: str
    reason: str
    state: str = Field(description="Of a change: failed or stale; empty for a record.")

    @classmethod
    def of(cls, row: Change | Finding) -> "FailureTold":
        """Return one of them as an answer says it."""
        if isinstance(row, Finding):
            name = row.tenant.name if row.tenant else ""
            return cls(what=row.kind, subject=row.reference, subject_name=name, reason=row.reason, state="")
        reason = row.problem or row.reason
        return cls(
            what=row.kind, subject=row.subject, subject_name=row.subject_name, reason=reason, state=row.state
        )  # fmt: skip


class FailurePage(PageShape):
    """A page of what did not go through."""

    items: list[FailureTold]
