"""Notices: what people are told about once for each change of state; and connections that were set aside."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenantry.connections.models import Connection
from tenantry.core.brakes import Brake
from tenantry.isolation.managed import MarketplaceOwned
from tenantry.sync.models.observed import ObservedKind


class Told(models.Model):
    """What a notice says. ``subject`` is in ``state``, told once; ``latest`` is the last one about its subject.

    ``kind`` is a section of the words of letters, ``parameters`` what stands in its braces. ``link`` is the path of
    the page where something can be done, if there is one. ``recovery``: it is well again.
    """

    subject = models.CharField(max_length=80, db_collation="C")
    state = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    link = models.CharField(max_length=200, blank=True)
    recovery = models.BooleanField(default=False)
    latest = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        abstract = True


class Notice(Told, MarketplaceOwned):
    """Something told to the managers of a marketplace."""

    class Meta(MarketplaceOwned.Meta):
        indexes = [models.Index(fields=["marketplace", "-created_at", "-id"], name="notice_by_age")]
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "subject"], condition=models.Q(latest=True), name="one_latest_notice"
            )
        ]


class NoticeRead(MarketplaceOwned):
    """Somebody has read a notice."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="readings", db_index=False)
    account_id = models.BigIntegerField()
    read_at = models.DateTimeField()

    class Meta(MarketplaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["notice", "account_id"], name="notice_read_once")]


class OperatorNotice(Told):
    """Something told to the operators of the installation. Shared, as connections are."""

    class Meta:
        indexes = [models.Index(fields=["-created_at", "-id"], name="operator_notice_by_age")]
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=models.Q(latest=True), name="one_latest_operator_notice"
            )
        ]


class OperatorNoticeRead(models.Model):
    """An operator has read a notice."""

    notice = models.ForeignKey(OperatorNotice, on_delete=models.CASCADE, related_name="readings", db_index=False)
    account_id = models.BigIntegerField()
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "account_id"], name="operator_notice_read_once")]


class Quarantine(models.Model):
    """A connection that was set aside because its credentials were refused, or too many rows failed. Shared.

    ``brake`` is the one that tripped, ``kind`` (``ObservedKind``) what was read then, ``reason`` a sentence,
    ``failure`` what the provider said, with what to do next.
    It is tried again by itself from ``next_try_at`` on, once a day; ``told_days`` are the days on which people were
    told, ``switched_off_at`` when it was given up. It ends with ``ended_at``: ``ended_by`` says by whom or what.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="quarantines", db_index=False)
    brake = models.CharField(max_length=30)
    kind = models.CharField(
        max_length=10, choices=ObservedKind.choices, default=ObservedKind.COMPANIES, db_default=ObservedKind.COMPANIES
    )
    reason = models.TextField()
    failure = models.JSONField(null=True)
    begun_at = models.DateTimeField()
    last_try_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    tries = models.IntegerField(default=0)
    told_days = ArrayField(models.SmallIntegerField(), default=list)
    switched_off_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection"], condition=models.Q(ended_at__isnull=True), name="one_live_quarantine"
            )
        ]
        indexes = [models.Index(fields=["connection", "-begun_at"], name="quarantine_by_age")]

    def stops(self, kind: ObservedKind) -> bool:
        """Whether this kind of reading stops for it: the kind that failed, and every kind for lack of credentials."""
        return self.brake == Brake.CREDENTIALS or self.kind == kind
