"""Answers that are kept for a day, so that a call which is sent again does nothing a second time."""

from typing import ClassVar

from django.db import models


class OwnedAnswers(models.Manager["StoredAnswer"]):
    """Answers; row-level security shows those of the running scope, or the installation's outside any."""


class StoredAnswer(models.Model):
    """What a call with an ``Idempotency-Key`` was answered, written in the transaction that did what it asked.

    ``request`` is a digest of the call. ``status`` is 0 while the call is under way: nobody but itself sees that.
    A body with a secret is in ``sealed_body``, and ``body`` is empty.
    """

    marketplace_id = models.BigIntegerField()
    token_id = models.BigIntegerField()
    key = models.CharField(max_length=200)
    request = models.BinaryField(max_length=32)
    status = models.IntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True, default="")
    sealed_body = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    objects: ClassVar[OwnedAnswers] = OwnedAnswers()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["marketplace_id", "token_id", "key"], name="one_answer_per_key"),
        ]
        indexes = [models.Index(fields=["marketplace_id", "created_at"], name="answer_by_age")]

    @property
    def place(self) -> str:
        """What the sealed body is bound to."""
        return f"api_storedanswer.sealed_body:{self.pk}"
