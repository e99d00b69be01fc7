"""Starts, applies and cancels imports. In a marketplace's scope; the work itself is done by jobs."""

import hashlib
from datetime import datetime

from django.db import transaction

from tenantry.audit.events import Actor, ActorKind, Happening, Target
from tenantry.audit.services import record_event
from tenantry.core.imports.reading import FileUnreadable, first_line_of, read_layout
from tenantry.isolation.scope import current_marketplace_id
from tenantry.jobs import defer
from tenantry.marketplace.imports.files import keep_file
from tenantry.marketplace.models import Import, ImportState

LARGEST_FILE = 128 * 1024 * 1024
_WAITING = [ImportState.READING, ImportState.PLANNED]
_UNDER_WAY = [ImportState.READING, ImportState.PLANNED, ImportState.APPLYING]


class ImportRefused(Exception):
    """The import can't be started, applied or cancelled. The message is a sentence that says why and what to do."""


@transaction.atomic
def start_import(
    *, file_name: str, content: bytes, actor: Actor, now: datetime, request_id: str = "", enqueue: bool = True
) -> Import:
    """Take a file in and have its plan made. Raises :class:`ImportRefused` for what is no file of ours.

    The same file that is still being read, or waits to be applied, is not taken in twice: that import is returned.
    Without ``enqueue`` the caller reads it (``reading.read_import``).
    """
    if len(content) > LARGEST_FILE:
        raise ImportRefused(f"The file is larger than {LARGEST_FILE // 1024**2} MB. Split it, and import the parts.")
    try:
        layout = read_layout(first_line_of(content))
    except FileUnreadable as error:
        raise ImportRefused(str(error)) from error
    digest = hashlib.sha256(content).hexdigest()
    same = Import.objects.defer("content").filter(digest=digest, state__in=_WAITING).first()
    if same is not None:
        return same
    job = Import.objects.create(
        marketplace_id=current_marketplace_id(), kind=layout.kind.value, file_name=file_name[:200], digest=digest,
        requested_by_kind=actor.kind.value, requested_by_id=actor.id,
        requested_by_name=actor.name[:200], counters={"unknown_columns": list(layout.unknown)}, created_at=now,
    )  # fmt: skip
    keep_file(job.pk, content)
    _record(job, "requested", actor=actor, now=now, request_id=request_id)
    if enqueue:
        enqueue_import(job)
    return job


@transaction.atomic
def apply_import(*, import_id: int, actor: Actor, now: datetime, request_id: str = "", enqueue: bool = True) -> Import:
    """Have a previewed import applied. Raises :class:`ImportRefused` when it is not waiting for that.

    Without ``enqueue`` the caller applies it (``applying.apply_import_lines``).
    """
    job = Import.objects.select_for_update().get(pk=import_id)
    if job.state == ImportState.APPLYING:
        return job
    if job.state != ImportState.PLANNED:
        raise ImportRefused(f"This import is {job.get_state_display()}: there is nothing to apply.")
    job.state = ImportState.APPLYING
    job.requested_by_kind, job.requested_by_id, job.requested_by_name = actor.kind.value, actor.id, actor.name[:200]
    job.save()
    _record(job, "approved", actor=actor, now=now, request_id=request_id)
    if enqueue:
        enqueue_import(job)
    return job


@transaction.atomic
def cancel_import(*, import_id: int, actor: Actor, now: datetime, request_id: str = "") -> Import:
    """Stop an import. What was applied stays. Raises :class:`ImportRefused` when it has ended."""
    job = Import.objects.select_for_update().defer("content").get(pk=import_id)
    if job.state not in _UNDER_WAY:
        raise ImportRefused(f"This import is {job.get_state_display()}: there is nothing to cancel.")
    job.state, job.cancel_requested_at, job.ended_at, job.content = ImportState.CANCELLED, now, now, None
    job.save(update_fields=["state", "cancel_requested_at", "ended_at", "content"])
    _record(job, "cancelled", actor=actor, now=now, request_id=request_id)
    return job


def enqueue_import(job: Import) -> None:
    """Have the import gone on with."""
    name = f"import-{job.marketplace_id}"
    defer(
        "tenantry.marketplace.tasks.go_on_with_import", lock=name, import_id=job.pk, marketplace_id=job.marketplace_id
    )


def actor_of(job: Import) -> Actor:
    """Return in whose name the import is applied."""
    return Actor(ActorKind(job.requested_by_kind), job.requested_by_name, job.requested_by_id)


def _record(job: Import, verb: str, *, actor: Actor, now: datetime, request_id: str) -> None:
    happening = Happening(
        f"marketplace.import.{verb}", Target("import", str(job.pk), job.file_name),
        after={"file": job.file_name, "sha256": job.digest, "kind": job.kind},
    )  # fmt: skip
    record_event(happening, actor=actor, marketplace_id=job.marketplace_id, now=now, request_id=request_id)
