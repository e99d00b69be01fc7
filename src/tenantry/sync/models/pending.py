"""Tenants that wait in a marketplace, and those that were linked to one of its companies."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenantry.connections.models import Connection
from tenantry.isolation.managed import MarketplaceOwned
from tenantry.marketplace.models import Company
from tenantry.sync.models.observed import Tenant
from tenantry.sync.models.problem_bits import problem_bits


class PendingState(models.TextChoices):
    """What has become of a tenant in a marketplace."""

    PENDING = "pending", "needs decision"
    HELD = "held", "held"
    IGNORED = "ignored", "ignored"
    SNOOZED = "snoozed", "snoozed"
    CREATED = "created", "created"
    LINKED = "linked", "linked"
    WITHDRAWN = "withdrawn", "withdrawn"


class PendingCompany(MarketplaceOwned):
    """A tenant, in one marketplace, waiting for a decision; with a copy of what the marketplace knows of it.

    The copy is what lists search, filter and sort without leaving the marketplace's own rows, and what a
    change's *before* is compared with. ``sort_name`` and ``sort_contact`` are folded for sorting. ``certainty`` and
    ``match_count`` sum up its matches that nobody rejected (``core.matching.Certainty`` as a number; 0 is none),
    ``automatic_problems`` say why a rule may not create it (``core.planning.creation``), ``problem_bits`` is both
    lists of problems in one number, ``by_hand`` that a person ignored, undid or reopened it: no rule touches it again.
    ``contact_key`` is the contact's address in lower case, by which tenants with the same contact are found.
    ``company`` is what it was created as or linked to.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=PendingState.choices, default=PendingState.PENDING)
    name = models.TextField()
    sort_name = models.TextField(db_collation="C")
    country = models.CharField(max_length=2)
    domain = models.CharField(max_length=255, db_collation="C")
    contact_name = models.TextField()
    contact_email = models.TextField()
    sort_contact = models.TextField(db_collation="C")
    contact_key = models.CharField(max_length=254, db_collation="C", default="", db_default="")
    problems = ArrayField(models.CharField(max_length=40))
    content_hash = models.UUIDField()
    first_seen_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    certainty = models.SmallIntegerField(default=0, db_default=0)
    match_count = models.SmallIntegerField(default=0, db_default=0)
    matched_at = models.DateTimeField(null=True)
    automatic_problems = ArrayField(models.CharField(max_length=40), default=list, db_default=[])
    problem_bits = models.GeneratedField(expression=problem_bits(), output_field=models.IntegerField(), db_persist=True)
    by_hand = models.BooleanField(default=False, db_default=False)
    snoozed_until = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_name = models.CharField(max_length=200, default="", db_default="")
    company = models.ForeignKey(Company, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    version = models.IntegerField(default=0, db_default=0)

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace", "tenant"], name="one_pending_per_tenant")]
        indexes = [
            models.Index(fields=["company"], condition=models.Q(company__isnull=False), name="pending_of_company"),
            models.Index(fields=["marketplace", "state", "certainty", "id"], name="pending_by_certainty"),
            models.Index(fields=["marketplace", "state", "decided_at", "id"], name="pending_by_decision"),
            models.Index(fields=["marketplace", "matched_at", "id"], name="pending_by_matching"),
            models.Index(fields=["marketplace", "state", "sort_name", "id"], name="pending_by_name"),
            models.Index(fields=["marketplace", "state", "country", "id"], name="pending_by_country"),
            models.Index(fields=["marketplace", "state", "domain", "id"], name="pending_by_domain"),
            models.Index(fields=["marketplace", "state", "sort_contact", "id"], name="pending_by_contact"),
            models.Index(fields=["marketplace", "state", "first_seen_at", "id"], name="pending_by_age"),
            models.Index(fields=["marketplace", "state", "problem_bits", "id"], name="pending_by_problem"),
            models.Index(
                fields=["marketplace", "contact_key", "tenant"],
                condition=~models.Q(contact_key=""),
                name="pending_by_contact_key",
            ),
        ]


class PendingKey(MarketplaceOwned):
    """A word by which a pending company is found (``core.search``).

    Under row-level security only equality and ranges on text may use an index, so words and prefixes
    are looked up here, not with LIKE or a text-search index. There are many for each pending company, so a row is as
    narrow as it can be: see ``marketplace.CompanyKey``.
    """

    pk = models.CompositePrimaryKey("marketplace_id", "key", "pending_id")
    marketplace = models.ForeignKey(
        "marketplace.Marketplace", on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    pending = models.ForeignKey(
        PendingCompany, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    key = models.CharField(max_length=64, db_collation="C")

    class Meta(MarketplaceOwned.Meta):
        indexes = [models.Index(fields=["pending", "key", "marketplace"], name="pending_keys_of_one")]


class PendingMatchKey(MarketplaceOwned):
    """What makes a pending company a candidate for a company with an equal ``marketplace.CompanyMatchKey``."""

    pk = models.CompositePrimaryKey("marketplace_id", "key", "pending_id")
    marketplace = models.ForeignKey(
        "marketplace.Marketplace", on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    pending = models.ForeignKey(PendingCompany, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    key = models.CharField(max_length=61, db_collation="C")


class TenantLink(MarketplaceOwned):
    """Tenant and company that are the same customer, by a person's or a rule's decision.

    ``compared_at`` is the state of the tenant (the later of its readings) up to which the company's fields follow it.
    ``taken_back`` has, by field, a digest of a value that a person took back (``core.planning.linked``).
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="links")
    decision = models.ForeignKey("sync.Decision", null=True, on_delete=models.PROTECT, related_name="+")
    compared_at = models.DateTimeField(null=True)
    taken_back = models.JSONField(default=dict, db_default={})
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(MarketplaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "tenant"],
                condition=models.Q(ended_at__isnull=True),
                name="one_live_link_per_tenant",
            )
        ]
        indexes = [models.Index(fields=["marketplace"], name="tenant_link_by_marketplace")]
