"""Imports: an uploaded file, its lines, and what became of each."""

from django.db import models

from tenantry.isolation.managed import MarketplaceOwned


class ImportState(models.TextChoices):
    """How far an import is. *planned*: shown and waiting for a person to apply it."""

    READING = "reading", "reading the file"
    PLANNED = "planned", "previewed"
    APPLYING = "applying", "applying"
    DONE = "done", "done"
    CANCELLED = "cancelled", "cancelled"
    FAILED = "failed", "failed"


class Import(MarketplaceOwned):
    """One uploaded file of companies with their domains, or of people with their memberships: a plan to apply.

    ``kind`` is what its lines are about (``core.imports.reading.FileKind``), ``digest`` the SHA-256 of the file,
    ``content`` the file until it was read. ``counters`` has the lines by what they do, ``cursor`` how many were looked
    at; a reading that was interrupted starts over.
    """

    kind = models.CharField(max_length=12)
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    content = models.BinaryField(null=True)
    state = models.CharField(max_length=12, choices=ImportState.choices, default=ImportState.READING)
    cursor = models.BigIntegerField(default=0)
    counters = models.JSONField(default=dict)
    problem = models.TextField(blank=True)
    requested_by_kind = models.CharField(max_length=20)
    requested_by_id = models.BigIntegerField(null=True)
    requested_by_name = models.CharField(max_length=200)
    cancel_requested_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(MarketplaceOwned.Meta):
        indexes = [models.Index(fields=["marketplace", "-created_at"], name="import_by_age")]


class LineState(models.TextChoices):
    """What became of a line."""

    BAD = "bad", "can't be used"
    PLANNED = "planned", "planned"
    APPLIED = "applied", "applied"
    STALE = "stale", "changed meanwhile"
    FAILED = "failed", "failed"


class ImportLine(MarketplaceOwned):
    """One line of the file: what it would do (``kind``), from what to what, and what became of it.

    Lines that change nothing are counted, not kept. ``state`` is one of ``LineState``, ``key`` what the line is found
    by again.
    """

    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="lines", db_index=False)
    number = models.IntegerField()
    kind = models.CharField(max_length=12)
    key = models.TextField()
    subject = models.TextField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=LineState.choices)

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="one_import_line_per_number")]
        indexes = [
            models.Index(fields=["job", "state", "number"], name="import_line_by_state"),
            models.Index(fields=["job", "kind", "number"], name="import_line_by_kind"),
        ]
