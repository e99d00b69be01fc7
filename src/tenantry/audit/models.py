"""Events, the chain over them, and the keys that seal personal values inside them.

The application's database role may insert and read events and chain links, never change them
(``isolation.roles``). Marketplace 0 is the installation itself: what operators did outside any marketplace.
"""

from typing import ClassVar

from django.db import models

INSTALLATION = 0


class OwnedEvents(models.Manager["Event"]):
    """Events; row-level security shows those of the running scope, or the installation's outside any."""


class PersonKey(models.Model):
    """The key that seals one person's values in events. Destroying it erases them; the chain still verifies.

    ``subject`` names the person by an immutable id, such as ``contact:<tenant id>``; never by e-mail.
    ``sealed_key`` is empty once destroyed.
    """

    marketplace_id = models.BigIntegerField()
    subject = models.CharField(max_length=200)
    sealed_key = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["marketplace_id", "subject"], name="one_key_per_person")]


class Event(models.Model):
    """One thing that happened, written in the transaction that did it.

    ``action`` is ``area.subject.verb_past``. ``before`` and ``after`` hold what is not personal, with
    secrets redacted; ``sealed`` holds the personal part of both, under ``person``'s key.
    """

    uid = models.UUIDField(unique=True)
    marketplace_id = models.BigIntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=20)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    action = models.CharField(max_length=80)
    target_kind = models.CharField(max_length=40)
    target_id = models.CharField(max_length=80)
    target_name = models.CharField(max_length=300)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    sealed = models.BinaryField(null=True)
    person = models.ForeignKey(PersonKey, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    request_id = models.CharField(max_length=40)
    run_id = models.BigIntegerField(null=True)

    objects: ClassVar[OwnedEvents] = OwnedEvents()

    class Meta:
        indexes = [
            models.Index(fields=["marketplace_id", "id"], name="event_by_marketplace"),
            models.Index(fields=["marketplace_id", "target_kind", "target_id", "id"], name="event_by_target"),
        ]


class ChainLink(models.Model):
    """The place of one committed event in its marketplace's chain. ``digest`` covers the one before it."""

    marketplace_id = models.BigIntegerField()
    sequence = models.BigIntegerField()
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="link")
    digest = models.BinaryField()
    chained_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["marketplace_id", "sequence"], name="one_link_per_place")]
