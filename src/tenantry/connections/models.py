"""The connection: which partner, which application, and the sealed secrets to sign in with.

Shared by the marketplaces that its feeds carry tenants to; only operators see or change it.
"""

from django.db import models

DETAIL_CALLS_PER_MINUTE = 450
CALLS_AT_ONCE = 4
GOOGLE_CALLS_PER_MINUTE = 2_280
LICENCE_CALLS_PER_MINUTE = 55.0  # one a second is published: contract section 11


class Provider(models.TextChoices):
    """Whose directory it is."""

    MICROSOFT = "microsoft", "Microsoft"
    GOOGLE = "google", "Google"


class ApplicationKind(models.TextChoices):
    """What sort of application is registered at the provider."""

    WEB = "web", "web application"
    NATIVE = "native", "native application"


class GoogleDiscovery(models.TextChoices):
    """How a Google connection finds its customers (``providers.google.tenants.Discovery``), and so its mode."""

    RESELLER = "reseller", "reseller, through the Reseller API"
    CHANNEL = "channel", "reseller, through Cloud Channel"
    OWN = "own", "direct: one customer of its own"


class SignIn(models.TextChoices):
    """How the connection signs in."""

    APP_ONLY = "app_only", "as the application"
    APP_AND_USER = "app_and_user", "as the application, for a signed-in user"


class Connection(models.Model):
    """One credential for one partner.

    ``settings`` may hold ``api``, ``authority``, ``graph``, ``google``, ``ca_file``,
    ``detail_calls_per_minute``, ``google_calls_per_minute``, ``licence_calls_per_minute``, ``calls_at_once`` and
    ``answer_seconds``; what is absent follows the cloud and the defaults.
    Of a Google connection, ``partner_tenant_id`` is the reseller's own customer id (empty in direct mode),
    ``service_account`` and ``service_account_id`` what delegation is granted to, ``subject`` the administrator
    that it speaks for.
    ``test_results`` is what its last test found (``probing``), ``sealed_sign_in`` a sign-in under way
    (``signing_in``), ``relationship_link`` the partner's invitation for new customers as last read.
    ``delegations_problem`` is why delegated administration could not be read when that was tried last.
    ``credential_kind`` says whether ``sealed_secret`` is a secret or a certificate (empty: sealed before that was
    noted), ``refresh_token_at`` when the refresh token that is kept was issued.
    """

    uid = models.UUIDField(unique=True)
    name = models.CharField(max_length=120)
    provider = models.CharField(max_length=20, choices=Provider.choices)
    cloud = models.CharField(max_length=20, default="global")
    partner_tenant_id = models.CharField(max_length=36)
    application_id = models.CharField(max_length=36, blank=True)
    application_kind = models.CharField(max_length=10, choices=ApplicationKind.choices, blank=True)
    sign_in = models.CharField(max_length=20, choices=SignIn.choices, default=SignIn.APP_ONLY)
    subject = models.CharField(max_length=254, blank=True, default="", db_default="")
    service_account = models.CharField(max_length=254, blank=True, default="", db_default="")
    service_account_id = models.CharField(max_length=40, blank=True, default="", db_default="")
    discovery = models.CharField(max_length=12, choices=GoogleDiscovery.choices, blank=True, default="", db_default="")
    settings = models.JSONField(default=dict)
    sealed_secret = models.BinaryField(null=True)
    sealed_refresh_token = models.BinaryField(null=True)
    sealed_previous_refresh_token = models.BinaryField(null=True)
    sealed_sign_in = models.BinaryField(null=True)
    secret_changed_at = models.DateTimeField(null=True)
    secret_expires_at = models.DateTimeField(null=True)
    credential_kind = models.CharField(max_length=12, default="", db_default="")
    refresh_token_at = models.DateTimeField(null=True)
    signed_in_as = models.CharField(max_length=254, default="", db_default="")
    signed_in_at = models.DateTimeField(null=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    tested_at = models.DateTimeField(null=True)
    test_results = models.JSONField(null=True)
    delegations_read_at = models.DateTimeField(null=True)
    delegations_tried_at = models.DateTimeField(null=True)
    delegations_problem = models.TextField(default="", db_default="")
    relationship_link = models.TextField(default="", db_default="")
    relationship_link_at = models.DateTimeField(null=True)
    hints = models.JSONField(default=dict, db_default={})

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="connection_name_once"),
            models.CheckConstraint(
                condition=models.Q(application_id="") | ~models.Q(application_kind=""),
                name="application_has_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def detail_calls_per_minute(self) -> int:
        """The rate of single reads to aim at: 450, below the published limit of 500, unless set otherwise."""
        return int(self.settings.get("detail_calls_per_minute", DETAIL_CALLS_PER_MINUTE))

    @property
    def google_calls_per_minute(self) -> int:
        """The rate of all calls to Google to aim at: 2,280, below the usual limit of 2,400, unless set otherwise."""
        return int(self.settings.get("google_calls_per_minute", GOOGLE_CALLS_PER_MINUTE))

    @property
    def licence_calls_per_minute(self) -> float:
        """The rate of calls to Google's License Manager: 55, below the published one a second, unless set otherwise."""
        return float(self.settings.get("licence_calls_per_minute", LICENCE_CALLS_PER_MINUTE))

    @property
    def answer_seconds(self) -> float | None:
        """How many seconds an answer may take; ``None`` for the usual."""
        seconds = self.settings.get("answer_seconds")
        return None if seconds is None else float(seconds)

    @property
    def calls_at_once(self) -> int:
        """How many calls may be under way at once in one process."""
        return int(self.settings.get("calls_at_once", CALLS_AT_ONCE))

    @property
    def ready_for_companies(self) -> bool:
        """Whether Company Sync may use it: a Microsoft connection with its application's id and kind."""
        return self.provider == Provider.MICROSOFT and bool(self.application_id and self.application_kind)

    @property
    def ready_for_tenants(self) -> bool:
        """Whether its list of tenants can be read."""
        return self.ready_for_people if self.provider == Provider.GOOGLE else self.ready_for_companies

    @property
    def ready_for_people(self) -> bool:
        """Whether User Sync may use it: a person signed in at Microsoft, or a Google key with its subject."""
        if self.provider == Provider.GOOGLE:
            return bool(self.sealed_secret and self.subject and self.discovery)
        return self.ready_for_companies and self.sealed_refresh_token is not None


class ConsentWarning(models.Model):
    """What of a connection ends soon, ended or got lost, and the last step that was told (``core.consent``).

    Shared, like the connection: a tenant's end concerns everybody whom the connection feeds.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="warnings", db_index=False)
    matter = models.CharField(max_length=20)
    subject = models.CharField(max_length=120, blank=True)
    name = models.TextField(blank=True)
    ends_at = models.DateTimeField(null=True)
    step = models.SmallIntegerField()
    since = models.DateTimeField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "matter", "subject"], name="one_warning_per_matter")
        ]


class CallLine(models.Model):
    """The line of free slots of one budget (``budget``): up to when it is handed out, and how fast it runs.

    ``refused_rate`` is the rate at which the provider refused a call last.
    """

    key = models.CharField(max_length=120, primary_key=True)
    reserved_until = models.DateTimeField()
    per_second = models.FloatField()
    refused_rate = models.FloatField(null=True)
    refused_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.key


class ProviderCalls(models.Model):
    """How many calls a service answered in one way since the installation began. Of all processes together."""

    service = models.CharField(max_length=20)
    status = models.CharField(max_length=5)
    count = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "status"], name="calls_counted_once")]
