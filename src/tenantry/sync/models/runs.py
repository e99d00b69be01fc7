"""One sync attempt of a marketplace, and the steps of its plan."""

from django.db import models

from tenantry.connections.models import Connection
from tenantry.isolation.managed import MarketplaceOwned
from tenantry.sync.models.observed import Observation, Tenant


class Trigger(models.TextChoices):
    """What started a run."""

    BUTTON = "button", "Sync now"
    SETTINGS = "settings", "Company Sync switched on"
    COMMAND_LINE = "command_line", "command line"
    SCHEDULE = "schedule", "schedule"
    DECISIONS = "decisions", "decisions on many rows"
    RELEASE = "release", "release of held rows"
    FORCE = "force", "Force user sync"
    PERSON = "person", "Sync this person now"
    HINT = "hint", "hint from the provider"
    UNDO = "undo", "changes taken back"


class RunKind(models.TextChoices):
    """What a run is about."""

    COMPANIES = "companies", "Company Sync"
    DECISIONS = "decisions", "decisions"
    PEOPLE = "people", "User Sync"
    UNDO = "undo", "undo"


class RunState(models.TextChoices):
    """How far a run is."""

    WAITING = "waiting", "waiting to start"
    LISTING = "listing", "reading the list"
    APPLYING = "applying", "planning and applying"
    READING_DETAILS = "details", "reading details"
    DONE = "done", "done"
    PREVIEWED = "previewed", "previewed"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


LIVE_RUN = [RunState.WAITING, RunState.LISTING, RunState.APPLYING, RunState.READING_DETAILS]


class Run(MarketplaceOwned):
    """One sync attempt of one connection for one marketplace, or decisions on many rows (then without connection).

    A release of held rows is such decisions, by its trigger. A run of User Sync has no observation of its own: it reads
    tenant after tenant (``RunTenant``), those of ``company`` alone where it is set, and one person alone with
    ``person_id`` (a ``DirectoryUser``). A run that takes changes back reads nothing.

    ``counters`` are computed from rows when it ends and must add up, else ``suspect`` says what does not.
    ``plan_cursor`` is the last tenant that a preview planned. A run whose listing did not end cleanly has
    ``complete`` false: it added and updated, and judged nothing absent.
    """

    kind = models.CharField(
        max_length=12, choices=RunKind.choices, default=RunKind.COMPANIES, db_default=RunKind.COMPANIES
    )
    connection = models.ForeignKey(Connection, null=True, on_delete=models.PROTECT, related_name="+")
    observation = models.ForeignKey(Observation, null=True, on_delete=models.SET_NULL, related_name="+")
    company = models.ForeignKey("marketplace.Company", null=True, on_delete=models.SET_NULL, related_name="+")
    person_id = models.BigIntegerField(null=True)
    trigger = models.CharField(max_length=20, choices=Trigger.choices)
    preview = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.WAITING)
    complete = models.BooleanField(default=False)
    requested_by = models.CharField(max_length=200, blank=True)
    plan_cursor = models.BigIntegerField(default=0)
    counters = models.JSONField(default=dict)
    suspect = models.TextField(blank=True)
    failure = models.JSONField(null=True)
    note = models.TextField(blank=True)
    cancel_requested_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    listed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(MarketplaceOwned.Meta):
        indexes = [models.Index(fields=["marketplace", "-created_at"], name="run_by_age")]

    @property
    def source(self) -> str:
        """The name of the connection that it reads; empty for decisions."""
        return self.connection.name if self.connection else ""


class ChangeState(models.TextChoices):
    """What became of a change."""

    PLANNED = "planned", "planned"
    HELD = "held", "held"
    APPROVED = "approved", "approved"
    REJECTED = "rejected", "rejected"
    APPLIED = "applied", "applied"
    STALE = "stale", "stale"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"
    UNDONE = "undone", "undone"


class SubjectKind(models.TextChoices):
    """What a change is about: a tenant, or a person of its directory."""

    TENANT = "tenant", "tenant"
    PERSON = "person", "person"


class Change(MarketplaceOwned):
    """One step of a plan: what it does to which tenant or person of it, from what to what, and why.

    ``subject`` is the provider's id of the tenant or person. A person has ``person_id``, the ``DirectoryUser``, which
    may be gone meanwhile.

    ``before`` and ``after`` are snapshots of the pending company (``core.planning.companies``), null where
    there is none. ``details`` is what else a change needs to be applied (a company to link to, a reason), ``hold`` the
    hold that keeps it. A failed change is tried again from ``next_attempt_at`` on. ``undoes`` is the change
    that this one takes back.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="changes", db_index=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30)
    subject_kind = models.CharField(
        max_length=10, choices=SubjectKind.choices, default=SubjectKind.TENANT, db_default=SubjectKind.TENANT
    )
    person_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=64)
    subject_name = models.TextField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=ChangeState.choices, default=ChangeState.PLANNED)
    problem = models.TextField(blank=True)
    details = models.JSONField(null=True)
    hold = models.ForeignKey("sync.Hold", null=True, on_delete=models.SET_NULL, related_name="changes", db_index=False)
    attempts = models.SmallIntegerField(default=0, db_default=0)
    next_attempt_at = models.DateTimeField(null=True)
    undoes = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="undoings", db_index=False)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta(MarketplaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["run", "tenant", "kind"],
                condition=models.Q(state=ChangeState.PLANNED, person_id__isnull=True, undoes__isnull=True),
                name="one_planned_change_of_a_kind",
            ),
            models.UniqueConstraint(
                fields=["run", "person_id", "kind"],
                condition=models.Q(state=ChangeState.PLANNED, person_id__isnull=False, undoes__isnull=True),
                name="one_planned_change_per_person",
            ),
            models.UniqueConstraint(
                fields=["undoes"],
                condition=models.Q(state=ChangeState.PLANNED, undoes__isnull=False),
                name="one_planned_undo_of_a_change",
            ),
        ]
        indexes = [
            models.Index(
                fields=["marketplace", "person_id", "-id"],
                condition=models.Q(person_id__isnull=False),
                name="change_of_person",
            ),
            models.Index(fields=["hold"], condition=models.Q(hold__isnull=False), name="change_of_hold"),
            models.Index(fields=["undoes"], condition=models.Q(undoes__isnull=False), name="change_that_undoes"),
            models.Index(fields=["run", "state", "id"], name="change_by_run"),
            models.Index(fields=["run", "kind", "id"], name="change_by_kind"),
            models.Index(fields=["marketplace", "state", "kind", "id"], name="change_by_state"),
        ]


CHANGE_COLUMNS = (
    "marketplace_id run_id tenant_id kind subject subject_name before after reason state problem details created_at"
).split()
"""The columns of a change that is written with others at once, in order."""
