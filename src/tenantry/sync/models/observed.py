"""What connections saw. Shared tables: a marketplace reads them through its feeds, in named queries only."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenantry.connections.models import Connection


class ObservationState(models.TextChoices):
    """How far an observation is. ``LISTING`` is the only state in which pages are read."""

    WAITING = "waiting", "waiting to start"
    LISTING = "listing", "reading the list"
    DONE = "done", "list read"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


LIVE_OBSERVATION = [ObservationState.WAITING, ObservationState.LISTING]


class ObservedKind(models.TextChoices):
    """What an observation reads: the connection's list of tenants, or the people of one tenant."""

    COMPANIES = "companies", "the list of tenants"
    PEOPLE = "people", "the people of one tenant"


class Observation(models.Model):
    """One reading of a connection's list of tenants, or of the people of one ``tenant``.

    At most one of each is alive per connection. People are read in several ``listing``s, one after the other: those
    who are there, then those who were deleted.

    ``generation`` counts how often the listing had to start over; pages of earlier generations never
    count. ``preview_only``: nobody asked for more than a preview. ``complete`` is true only for a listing
    that ended cleanly on its last page. ``details_failed_before``: of ``details_failed``, tenants that could not be
    read the last time either, and those of an outage.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="observations", db_index=False)
    kind = models.CharField(
        max_length=12, choices=ObservedKind.choices, default=ObservedKind.COMPANIES, db_default=ObservedKind.COMPANIES
    )
    tenant = models.ForeignKey("sync.Tenant", null=True, on_delete=models.CASCADE, related_name="+")
    listing = models.CharField(max_length=12, blank=True, default="", db_default="")
    state = models.CharField(max_length=12, choices=ObservationState.choices, default=ObservationState.WAITING)
    generation = models.IntegerField(default=1)
    cursor = models.TextField(blank=True)
    pages = models.IntegerField(default=0)
    complete = models.BooleanField(default=False)
    preview_only = models.BooleanField(default=False)
    records = models.IntegerField(default=0)
    invalid = models.IntegerField(default=0)
    repeated = models.IntegerField(default=0)
    new = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    expected = models.IntegerField(null=True)
    details_read = models.IntegerField(default=0)
    details_failed = models.IntegerField(default=0)
    details_failed_before = models.IntegerField(default=0, db_default=0)
    details_total = models.IntegerField(default=0)
    failure = models.JSONField(null=True)
    failures_in_a_row = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    listed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind"],
                condition=models.Q(state__in=LIVE_OBSERVATION, tenant__isnull=True),
                name="one_live_observation_per_kind",
            ),
            models.UniqueConstraint(
                fields=["connection", "kind", "tenant"],
                condition=models.Q(state__in=LIVE_OBSERVATION, tenant__isnull=False),
                name="one_live_observation_per_tenant",
            ),
            models.CheckConstraint(
                condition=models.Q(kind=ObservedKind.COMPANIES, tenant__isnull=True)
                | models.Q(kind=ObservedKind.PEOPLE, tenant__isnull=False),
                name="people_are_of_a_tenant",
            ),
        ]
        indexes = [models.Index(fields=["connection", "kind", "-id"], name="observation_by_kind")]

    @classmethod
    def of_tenants(cls, *connection_ids: int) -> models.QuerySet["Observation"]:
        """Return the readings of lists of tenants: of these connections, or of all when none is given."""
        rows = cls.objects.filter(kind=ObservedKind.COMPANIES)
        return rows.filter(connection_id__in=connection_ids) if connection_ids else rows


class ObservationPage(models.Model):
    """One page that counts: committed with its rows and the cursor behind it, so it never counts twice.

    ``row_ids`` are the primary keys of the tenants, or of the directory people, on it; absence is judged by these.
    """

    observation = models.ForeignKey(Observation, on_delete=models.CASCADE, related_name="page_rows", db_index=False)
    generation = models.IntegerField()
    number = models.IntegerField()
    row_ids = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["observation", "generation", "number"], name="page_counts_once")]


class Tenant(models.Model):
    """A customer's directory at a provider, as last seen through any connection.

    ``domains`` is null while verified domains are unknown, ``details_at`` while details were never read.
    ``content_hash`` covers everything that a pending company shows (``core.tenants``).
    """

    provider = models.CharField(max_length=20)
    cloud = models.CharField(max_length=20)
    external_id = models.CharField(max_length=64)
    name = models.TextField()
    domain = models.CharField(max_length=255)
    domains = ArrayField(models.TextField(), null=True)
    country = models.CharField(max_length=2, default="", db_default="")
    contact_first_name = models.TextField(default="", db_default="")
    contact_last_name = models.TextField(default="", db_default="")
    contact_email = models.TextField(default="", db_default="")
    contact_phone = models.TextField(default="", db_default="")
    contact_language = models.TextField(default="", db_default="")
    address = models.JSONField(null=True)
    registration_number = models.TextField(default="", db_default="")
    delegated_admin = models.BooleanField(null=True)
    indirect_reseller_id = models.CharField(max_length=64, default="", db_default="")
    missing = ArrayField(models.TextField(), default=list, db_default=[])
    details_at = models.DateTimeField(null=True)
    details_problem = models.TextField(default="", db_default="")
    content_hash = models.UUIDField()
    first_seen_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "cloud", "external_id"], name="tenant_identity_once")
        ]
        indexes = [models.Index(fields=["delegated_admin"], name="tenant_by_delegated_admin")]


class Sighting(models.Model):
    """One connection seeing one tenant.

    ``missing_since`` and ``missing_listings`` tell of complete listings without it; ``ended_at`` that the
    single read confirmed the end. ``details_due_at`` says when its details want reading next. ``delegation_*``: the
    delegated administration (GDAP) that this partner has there, as of ``delegation_read_at`` (null: never read); the
    last list of all lacked it where ``delegation_missing_since`` is set, and the next one decides.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="sightings", db_index=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="sightings")
    relationship = models.CharField(max_length=20)
    content_hash = models.UUIDField()
    first_seen_at = models.DateTimeField()
    missing_since = models.DateTimeField(null=True)
    missing_listings = models.SmallIntegerField(default=0, db_default=0)
    ended_at = models.DateTimeField(null=True)
    details_at = models.DateTimeField(null=True)
    details_due_at = models.DateTimeField(null=True)
    details_failures = models.SmallIntegerField(default=0, db_default=0)
    delegation_status = models.CharField(max_length=30, blank=True, default="", db_default="")
    delegation_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    delegation_roles = ArrayField(models.CharField(max_length=36), default=list, db_default=[])
    delegation_ends_at = models.DateTimeField(null=True)
    delegation_read_at = models.DateTimeField(null=True)
    delegation_missing_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "tenant"], name="one_sighting_per_connection")]
        indexes = [
            models.Index(fields=["connection", "details_due_at"], name="sighting_details_due"),
            models.Index(
                fields=["connection", "delegation_ends_at"],
                condition=models.Q(delegation_ends_at__isnull=False),
                name="sighting_delegation_ends",
            ),
        ]


class Finding(models.Model):
    """A record that could not be used, and why. ``reason`` is a sentence."""

    observation = models.ForeignKey(Observation, on_delete=models.CASCADE, related_name="findings")
    tenant = models.ForeignKey(Tenant, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=30)
    reference = models.CharField(max_length=200)
    reason = models.TextField()
    created_at = models.DateTimeField()
