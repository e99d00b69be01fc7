"""Answers of people and rules about pending companies, the matches they chose among, and requests to connect."""

from django.db import models

from tenantry.isolation.managed import MarketplaceOwned
from tenantry.marketplace.models import Company
from tenantry.sync.models.observed import Tenant
from tenantry.sync.models.pending import PendingCompany
from tenantry.sync.models.runs import Run


class Match(MarketplaceOwned):
    """A company that a pending company may be, how certain, and the reasons for and against.

    ``evidence`` is a list of {code, for, points, parameters} as ``core.matching`` gives them. A rejected match stays,
    so that it is not proposed again.
    """

    pending = models.ForeignKey(PendingCompany, on_delete=models.CASCADE, related_name="matches", db_index=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    certainty = models.SmallIntegerField()
    score = models.FloatField(default=0.0)
    evidence = models.JSONField(default=list)
    rejected_at = models.DateTimeField(null=True)
    rejected_by_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["pending", "company"], name="one_match_per_company")]
        indexes = [models.Index(fields=["marketplace"], name="match_by_marketplace")]


class StaleMatching(MarketplaceOwned):
    """What wants matching anew: all that share a key, all that share one with a company, or one pending company.

    One of the three is given, the others are empty. A company or pending company may be gone meanwhile.
    """

    key = models.CharField(max_length=61, db_collation="C", blank=True)
    company_id = models.BigIntegerField(null=True)
    pending_id = models.BigIntegerField(null=True)

    class Meta(MarketplaceOwned.Meta):
        indexes = [models.Index(fields=["marketplace"], name="stale_matching_by_marketplace")]


class MatchingEpoch(MarketplaceOwned):
    """The time in which no change of a company was turned into rows that want matching anew.

    ``epoch`` was drawn by lot when that was done last: no two are alike, and one that was rolled back never returns.
    What a process read of companies in an epoch it need not read again in the same one.
    """

    epoch = models.BigIntegerField()

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace"], name="one_matching_epoch")]


class KeyRebuild(MarketplaceOwned):
    """All match keys of the marketplace are being written anew. ``after``: the last row that is done.

    First the companies, then the pending companies.
    """

    companies_done = models.BooleanField(default=False, db_default=False)
    after = models.BigIntegerField(default=0, db_default=0)

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace"], name="one_key_rebuild")]


class DecisionKind(models.TextChoices):
    """What was answered."""

    CREATE = "create", "created as a company"
    LINK = "link", "linked to a company"
    IGNORE = "ignore", "ignored"
    SNOOZE = "snooze", "snoozed"
    REOPEN = "reopen", "reopened"
    NOT_THIS_COMPANY = "not_this_company", "not this company"
    UNDO = "undo", "undone"


class Decision(MarketplaceOwned):
    """One answer, kept for ever. ``undo`` is what taking it back needs; ``undone_by`` the decision that did so.

    ``company_name`` stays when the company goes. An answer of a rule has no ``actor_id``.
    """

    pending = models.ForeignKey(PendingCompany, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=DecisionKind.choices)
    company = models.ForeignKey(Company, null=True, on_delete=models.SET_NULL, related_name="+")
    company_name = models.CharField(max_length=300, blank=True)
    reason_key = models.CharField(max_length=30, blank=True)
    reason = models.TextField(blank=True)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    undo = models.JSONField(default=dict)
    undone_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="undoes")
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        indexes = [
            models.Index(fields=["pending", "-id"], name="decision_of_pending"),
            models.Index(fields=["marketplace", "-created_at"], name="decision_by_age"),
            models.Index(fields=["tenant", "-id"], name="decision_of_tenant"),
        ]


class ConnectState(models.TextChoices):
    """What became of a request to connect a tenant."""

    PENDING = "pending", "pending"
    COMPLETE = "complete", "complete"
    CANCELLED = "cancelled", "cancelled"


class ConnectRequest(MarketplaceOwned):
    """*Connect tenant*: a company waits for the tenant with this domain or id to show up, then it is linked."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="connect_requests")
    domain = models.CharField(max_length=255, blank=True, db_collation="C")
    external_id = models.CharField(max_length=64, blank=True, db_collation="C")
    state = models.CharField(max_length=10, choices=ConnectState.choices, default=ConnectState.PENDING)
    tenant = models.ForeignKey(Tenant, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_by_id = models.BigIntegerField(null=True)
    requested_by_name = models.CharField(max_length=200)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(MarketplaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "domain"],
                condition=models.Q(state=ConnectState.PENDING) & ~models.Q(domain=""),
                name="one_pending_request_per_domain",
            ),
            models.UniqueConstraint(
                fields=["marketplace", "external_id"],
                condition=models.Q(state=ConnectState.PENDING) & ~models.Q(external_id=""),
                name="one_pending_request_per_tenant_id",
            ),
        ]
        indexes = [models.Index(fields=["marketplace"], name="request_by_marketplace")]
