"""Events, the chain over them with its signed head, and the keys that seal personal values inside them.

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
    secrets redacted; ``sealed`` holds the personal part of both, under ``person``'s key. ``kind`` is the first two
    words of the action: what a list of events is filtered by.
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
    kind = models.GeneratedField(
        expression=models.Func(models.F("action"), models.Value(r"^[^.]*\.[^.]*"), function="substring"),
        output_field=models.CharField(max_length=80),
        db_persist=True,
    )

    objects: ClassVar[OwnedEvents] = OwnedEvents()

    class Meta:
        indexes = [
            models.Index(fields=["marketplace_id", "id"], name="event_by_marketplace"),
            models.Index(fields=["marketplace_id", "target_kind", "target_id", "id"], name="event_by_target"),
            models.Index(fields=["marketplace_id", "at", "id"], name="event_by_time"),
            models.Index(fields=["marketplace_id", "kind", "at", "id"], name="event_by_kind"),
            models.Index(fields=["marketplace_id", "actor_id", "at", "id"], name="event_by_actor"),
            models.Index(fields=["marketplace_id", "person", "at", "id"], name="event_by_person"),
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


class ChainHead(models.Model):
    """How far a marketplace's chain goes: what makes it visible that its newest events were cut off.

    ``mark`` signs all of it with the installation's key ring, which is not in the database. ``base_*`` is the last link
    that retention removed: the chain that is kept begins behind it.
    """

    marketplace_id = models.BigIntegerField(unique=True)
    sequence = models.BigIntegerField()
    digest = models.BinaryField()
    base_sequence = models.BigIntegerField(default=0, db_default=0)
    base_digest = models.BinaryField(default=b"", db_default=b"")
    mark = models.BinaryField()
    changed_at = models.DateTimeField()


class ChainCheck(models.Model):
    """What checking a marketplace's chain has found, and how far the check that goes on has come.

    Everything up to ``sequence`` (with ``digest``) held since ``started_at``. ``held_at`` is when a check last came to
    the end and all of it held, ``links`` how many there were. ``fault`` is a sentence, empty while the chain holds.
    """

    marketplace_id = models.BigIntegerField(unique=True)
    sequence = models.BigIntegerField(default=0)
    digest = models.BinaryField(default=b"")
    started_at = models.DateTimeField()
    held_at = models.DateTimeField(null=True)
    links = models.BigIntegerField(default=0)
    fault = models.TextField(blank=True)
    fault_at = models.DateTimeField(null=True)
