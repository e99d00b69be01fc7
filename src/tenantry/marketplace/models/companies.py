"""Companies of a marketplace, what they are known by, and the keys that they are found by."""

from django.db import models

from tenantry.isolation.managed import MarketplaceOwned


class CompanyStatus(models.TextChoices):
    """How far a company is on its way into the marketplace."""

    PENDING = "pending", "pending"
    ENABLED = "enabled", "enabled"
    DISABLED = "disabled", "disabled"
    WITHOUT_LOGIN = "without_login", "without login"


class CompanyOrigin(models.TextChoices):
    """Where a company, a domain or a person came from."""

    BY_HAND = "by_hand", "created by hand"
    IMPORT = "import", "import"
    SYNC = "sync", "Company Sync"


class Company(MarketplaceOwned):
    """A customer company as the marketplace knows it.

    ``status`` is what its people and invitations make of it (``marketplace.companies``): *pending* until the first
    person accepts, *without login* while nobody was invited; a manager disables. ``has_had_administrator`` is kept by
    the database: from the first administrator on, one that is not deactivated must stay. ``version`` counts changes by
    people, so that a stale form is noticed. ``relationship_ended_at``: the reseller relationship of its tenant is over.
    ``address`` has the members line1, line2, city, region, postal_code; all optional.
    """

    name = models.CharField(max_length=300)
    sort_name = models.CharField(max_length=300, db_collation="C", default="", db_default="")
    status = models.CharField(max_length=20, choices=CompanyStatus.choices, default=CompanyStatus.WITHOUT_LOGIN)
    origin = models.CharField(max_length=20, choices=CompanyOrigin.choices)
    country = models.CharField(max_length=2, blank=True)
    address = models.JSONField(null=True)
    phone = models.CharField(max_length=60, blank=True, default="", db_default="")
    website = models.CharField(max_length=300, blank=True, default="", db_default="")
    registration_number = models.CharField(max_length=60, blank=True, default="", db_default="")
    contact_name = models.CharField(max_length=300, blank=True, default="", db_default="")
    contact_email = models.CharField(max_length=254, blank=True, default="", db_default="")
    contact_phone = models.CharField(max_length=60, blank=True, default="", db_default="")
    external_id = models.CharField(max_length=120, blank=True)
    has_had_administrator = models.BooleanField(default=False, db_default=False)
    relationship_ended_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)

    class Meta(MarketplaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "external_id"],
                condition=~models.Q(external_id=""),
                name="company_external_id_once",
            )
        ]
        indexes = [
            models.Index(fields=["marketplace", "sort_name", "id"], name="company_by_name"),
            models.Index(fields=["marketplace", "status", "sort_name", "id"], name="company_by_status"),
            models.Index(fields=["marketplace", "country", "sort_name", "id"], name="company_by_country"),
            models.Index(fields=["marketplace", "country", "status"], name="company_by_country_status"),
            models.Index(fields=["marketplace", "created_at", "id"], name="company_by_age"),
            models.Index(fields=["marketplace", "status", "created_at", "id"], name="company_by_status_age"),
            models.Index(
                fields=["marketplace", "sort_name", "id"],
                condition=models.Q(has_had_administrator=False),
                name="company_needs_administrator",
            ),
            models.Index(
                fields=["marketplace", "sort_name", "id"],
                condition=models.Q(relationship_ended_at__isnull=False),
                name="company_without_relationship",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CompanyDomain(MarketplaceOwned):
    """A domain of a company, in lower case. ``verified``: a provider or an operator vouches for it."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="domains", db_index=False)
    domain = models.CharField(max_length=255, db_collation="C")
    verified = models.BooleanField(default=False)
    origin = models.CharField(max_length=20, choices=CompanyOrigin.choices)
    created_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["company", "domain"], name="company_domain_once")]
        indexes = [models.Index(fields=["marketplace", "domain", "company"], name="company_domain_lookup")]


class CompanyTenantId(MarketplaceOwned):
    """A tenant id that a company is known to have (import, an earlier link, a person said so). It links nothing."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="tenant_ids", db_index=False)
    provider = models.CharField(max_length=20)
    external_id = models.CharField(max_length=64, db_collation="C")
    origin = models.CharField(max_length=20, choices=CompanyOrigin.choices)
    created_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "provider", "external_id"], name="company_tenant_id_once")
        ]
        indexes = [models.Index(fields=["marketplace", "external_id", "company"], name="company_tenant_id_lookup")]


class CompanyKey(MarketplaceOwned):
    """A word by which a company is found in searches (``core.search``), like ``sync.PendingKey``.

    There are many for each company, so a row is as narrow as it can be: the primary key is what rows are found by, and
    no foreign key is checked by the database. A key whose company is gone finds nothing.
    """

    pk = models.CompositePrimaryKey("marketplace_id", "key", "company_id")
    marketplace = models.ForeignKey(
        "marketplace.Marketplace", on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    key = models.CharField(max_length=64, db_collation="C")


class CompanyMatchKey(MarketplaceOwned):
    """What makes a company a candidate for a tenant that has an equal key (``core.matching.keys``).

    There are some twenty for each company: rows are as narrow as those of ``CompanyKey``.
    """

    pk = models.CompositePrimaryKey("marketplace_id", "key", "company_id")
    marketplace = models.ForeignKey(
        "marketplace.Marketplace", on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    key = models.CharField(max_length=61, db_collation="C")


class FieldOwner(MarketplaceOwned):
    """Which side wins for one field of linked companies. A field without a row is *fill blanks*."""

    class Owner(models.TextChoices):
        """Who wins."""

        PROVIDER = "provider", "provider wins"
        OURS = "ours", "ours wins"
        FILL_BLANKS = "fill_blanks", "fill blanks"

    field = models.CharField(max_length=40)
    owner = models.CharField(max_length=12, choices=Owner.choices, default=Owner.FILL_BLANKS)

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace", "field"], name="one_owner_per_field")]
