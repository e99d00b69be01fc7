"""Endpoints that hear of a marketplace's events, and each event on its way to one of them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenantry.isolation.managed import MarketplaceOwned

MOST_ENDPOINTS = 20


class EndpointState(models.TextChoices):
    """Whether an endpoint is called."""

    ON = "on", "on"
    OFF = "off", "switched off"
    STOPPED = "stopped", "stopped after failing"


class DeliveryState(models.TextChoices):
    """What has become of a delivery."""

    WAITING = "waiting", "waiting"
    DELIVERED = "delivered", "delivered"
    FAILED = "failed", "given up"
    SKIPPED = "skipped", "skipped"


class Endpoint(MarketplaceOwned):
    """Where another program listens. ``events`` are the types that it wants; empty wants all, those to come as well.

    ``personal``: it may hear names and addresses of people. After a rotation the previous secret signs as well until
    ``previous_until``. ``failing_since``, ``failed_rounds`` and ``rest_until`` are what ``core.deliveries`` goes by.
    """

    uid = models.UUIDField(unique=True)
    name = models.CharField(max_length=120)
    url = models.CharField(max_length=2000)
    events = ArrayField(models.CharField(max_length=60), default=list, db_default=[])
    personal = models.BooleanField(default=False)
    sealed_secret = models.BinaryField()
    sealed_previous_secret = models.BinaryField(null=True)
    previous_until = models.DateTimeField(null=True)
    secret_changed_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=EndpointState.choices, default=EndpointState.ON)
    reason = models.TextField(blank=True)
    failing_since = models.DateTimeField(null=True)
    failed_rounds = models.IntegerField(default=0)
    rest_until = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField()
    created_by_name = models.CharField(max_length=200)

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["marketplace", "name"], name="endpoint_name_once")]


class Delivery(MarketplaceOwned):
    """One event for one endpoint; a test has no event. The message is made anew from the audit for every attempt.

    ``uid`` is what the receiver tells repeats by. Deliveries of one ``lane`` (``company:12``) go one after the other.
    ``status`` (0: none), ``answer``, ``seconds`` and ``problem`` are of the last attempt, ``tries`` has all of them:
    a list of {at, status, seconds, problem}.
    """

    # Indexes below begin with each of the two.
    marketplace = models.ForeignKey(
        "marketplace.Marketplace", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    event_id = models.BigIntegerField(null=True)
    uid = models.UUIDField()
    type = models.CharField(max_length=60)
    lane = models.CharField(max_length=130, db_collation="C")
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.SmallIntegerField(default=0, db_default=0)
    next_attempt_at = models.DateTimeField()
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    status = models.SmallIntegerField(default=0, db_default=0)
    seconds = models.FloatField(default=0, db_default=0)
    problem = models.TextField(default="", db_default="")
    answer = models.TextField(default="", db_default="")
    tries = models.JSONField(default=list, db_default=[])

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["endpoint", "event_id"], name="one_delivery_of_an_event")]
        indexes = [
            models.Index(
                fields=["endpoint", "next_attempt_at", "id"], name="delivery_due", condition=models.Q(state="waiting")
            ),
            models.Index(fields=["endpoint", "lane", "id"], name="delivery_lane", condition=models.Q(state="waiting")),
            models.Index(fields=["endpoint", "state", "created_at", "id"], name="delivery_by_state"),
            models.Index(fields=["endpoint", "type", "created_at", "id"], name="delivery_by_type"),
            models.Index(fields=["marketplace", "created_at"], name="delivery_by_age"),
        ]
