"""People of the directories: who was seen (shared), and what each marketplace made of them (owned)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenantry.connections.models import Connection
from tenantry.isolation.managed import MarketplaceOwned
from tenantry.marketplace.models import Company, Membership, User
from tenantry.sync.models.observed import Tenant
from tenantry.sync.models.runs import Run


class DirectoryUser(models.Model):
    """A person of a tenant's directory, as last told. The members are those of ``core.records.DirectoryUser``.

    Null means *not told*. ``listing_hash`` is of the row that the listing showed last, ``content_hash`` of all that is
    known. ``missing_since`` and ``missing_listings`` tell of complete listings without the person, ``left_at`` that
    they are gone: the provider said so, or two complete listings a day apart missed them. ``unlicensed_since``: a list
    of all licences lacked theirs, which are kept until a second one a day later does, too. ``emptied_at``: what
    identifies the person was removed because nobody needs it; the ids and hashes stay, so that it stays removed.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="people", db_index=False)
    external_id = models.CharField(max_length=64, db_collation="C")
    presence = models.CharField(max_length=10)
    user_name = models.TextField(null=True)
    email = models.TextField(null=True)
    aliases = ArrayField(models.TextField(), null=True)
    display_name = models.TextField(null=True)
    first_name = models.TextField(null=True)
    last_name = models.TextField(null=True)
    kind = models.CharField(max_length=10, null=True)
    enabled = models.BooleanField(null=True)
    suspension = models.TextField(null=True)
    archived = models.BooleanField(null=True)
    deleted_at = models.DateTimeField(null=True)
    admin = models.CharField(max_length=10, null=True)
    org_unit = models.TextField(null=True)
    licences = ArrayField(models.TextField(), null=True)
    unlicensed_since = models.DateTimeField(null=True)
    language = models.TextField(null=True)
    country = models.TextField(null=True)
    phone = models.TextField(null=True)
    job_title = models.TextField(null=True)
    department = models.TextField(null=True)
    guest_email = models.TextField(null=True)
    created_at = models.DateTimeField(null=True)
    signed_in = models.BooleanField(null=True)
    last_sign_in = models.DateTimeField(null=True)
    listing_hash = models.UUIDField(null=True)
    content_hash = models.UUIDField()
    first_seen_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    missing_since = models.DateTimeField(null=True)
    missing_listings = models.SmallIntegerField(default=0, db_default=0)
    left_at = models.DateTimeField(null=True)
    emptied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "external_id"], name="directory_user_once")]
        indexes = [
            models.Index(
                fields=["tenant"], condition=models.Q(missing_since__isnull=False), name="directory_user_missing"
            )
        ]


class PeopleReading(models.Model):
    """How the people of one tenant are read through one connection: by which API and why, and as of when each part.

    ``users_at``, ``deleted_at``, ``licences_at``, ``administrators_at``: when that was last read to its end. While
    ``stale_since`` is set the tenant can't be read, ``failure`` says why, and what is known of its people stays.
    ``changes`` is the provider's position from which it tells what changed, opaque, empty where it tells none.
    ``listed_at`` is when everybody was last listed.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="people_readings", db_index=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="people_readings")
    api = models.CharField(max_length=20, blank=True)
    api_reason = models.TextField(blank=True)
    tried_at = models.DateTimeField(null=True)
    users_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    licences_at = models.DateTimeField(null=True)
    administrators_at = models.DateTimeField(null=True)
    people = models.IntegerField(default=0)
    missing = ArrayField(models.TextField(), default=list, db_default=[])
    changes = models.TextField(blank=True, default="", db_default="")
    listed_at = models.DateTimeField(null=True)
    stale_since = models.DateTimeField(null=True)
    failure = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "tenant"], name="one_people_reading")]


class LicenceName(models.Model):
    """What a provider calls a SKU that somebody has: its product's name, or only Microsoft's part number (``code``).

    One row for each SKU, written while people are read. Names are of the provider's price list, the same for everybody.
    """

    provider = models.CharField(max_length=20)
    sku_id = models.CharField(max_length=100, db_collation="C")
    name = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "sku_id"], name="licence_named_once")]


class LinkMaker(models.TextChoices):
    """How a person of a directory and a membership came together."""

    CREATED = "created", "came in through the sync"
    EMAIL = "email", "same e-mail address"
    ALIAS = "alias", "an alias is the e-mail address"
    PERSON = "person", "linked by a person"


class UserLink(MarketplaceOwned):
    """A person of a directory and a person's membership that are the same, keyed by the provider's immutable id.

    ``end_reason`` says why a link ended (``people.ends``); the membership may live on, or was ``deactivated`` with it.
    ``taken_back`` has digests of values that a person took back (``core.planning.users.views.LinkView``).
    """

    person = models.ForeignKey(DirectoryUser, on_delete=models.CASCADE, related_name="+")
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="directory_links")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="directory_links")
    made_by = models.CharField(max_length=10, choices=LinkMaker.choices)
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=30, blank=True)
    deactivated = models.BooleanField(default=False, db_default=False)
    taken_back = models.JSONField(default=dict, db_default={})

    class Meta(MarketplaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "person"], condition=models.Q(ended_at__isnull=True), name="one_live_user_link"
            )
        ]
        indexes = [
            models.Index(fields=["marketplace", "person", "-id"], name="user_link_of_person"),
            models.Index(fields=["marketplace", "created_at", "id"], name="user_link_by_age"),
        ]


class PersonStanding(MarketplaceOwned):
    """What a marketplace makes of one person of a linked tenant: in, out or skipped, and why.

    ``verdict`` and ``reason`` are those of ``core.planning.users``; ``since`` is when the two became so. ``sort_name``
    is folded for sorting.
    """

    person = models.ForeignKey(DirectoryUser, on_delete=models.CASCADE, related_name="+")
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    provider = models.CharField(max_length=20)
    verdict = models.CharField(max_length=10)
    reason = models.CharField(max_length=40)
    since = models.DateTimeField()
    sort_name = models.CharField(max_length=200, db_collation="C")

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace", "person"], name="one_standing_per_person")]
        indexes = [
            models.Index(fields=["marketplace", "company", "sort_name", "id"], name="standing_of_company"),
            models.Index(fields=["marketplace", "verdict", "sort_name", "id"], name="standing_by_verdict"),
            models.Index(fields=["marketplace", "reason", "sort_name", "id"], name="standing_by_reason"),
            models.Index(fields=["marketplace", "tenant", "person"], name="standing_of_tenant"),
        ]


class RunTenantState(models.TextChoices):
    """How far a run of User Sync is with one tenant."""

    WAITING = "waiting", "waiting"
    READ = "read", "read, being planned"
    DONE = "done", "done"
    FAILED = "failed", "could not be read"
    SKIPPED = "skipped", "left out"


class RunTenant(MarketplaceOwned):
    """One tenant of a run of User Sync: whether it was read, and what its people added up to.

    ``records`` = valid + ``invalid`` + ``repeated``; ``people`` = ``unchanged`` + ``skipped`` + ``with_changes``.
    ``plan_cursor`` is the last person that was planned, ``observation_id`` the reading that was used, ``failure`` why
    there was none.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="tenants", db_index=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=RunTenantState.choices, default=RunTenantState.WAITING)
    observation_id = models.BigIntegerField(null=True)
    complete = models.BooleanField(default=False)
    plan_cursor = models.BigIntegerField(default=0)
    records = models.IntegerField(default=0)
    invalid = models.IntegerField(default=0)
    repeated = models.IntegerField(default=0)
    people = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    with_changes = models.IntegerField(default=0)
    failure = models.JSONField(null=True)
    attempts = models.SmallIntegerField(default=0, db_default=0)
    next_attempt_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["run", "tenant"], name="one_row_per_run_and_tenant")]
        indexes = [models.Index(fields=["run", "state", "id"], name="run_tenant_by_state")]
