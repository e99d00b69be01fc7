"""Tells operators of what ends or got lost on a connection, once for each step, and of what is well again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from tenantry.connections.models import Connection, ConsentWarning
from tenantry.core.consent import Concern, days_left
from tenantry.sync.notices import tell_operators


def tell_of_consent(
    *, connection: Connection, told: Sequence[tuple[Concern, int]], mended: Sequence[ConsentWarning], now: datetime,
    **_: Any,
) -> None:  # fmt: skip
    """Listen to ``connections.health.consent_judged``, in its transaction."""
    link = reverse("web:operator-connection", args=[connection.pk])
    for concern, step in told:
        ends = concern.ends_at
        parameters = {
            "connection": connection.name, "name": concern.name or concern.subject,
            "date": f"{ends:%Y-%m-%d}" if ends else "", "days": days_left(ends, now=now) if ends else 0,
        }  # fmt: skip
        tell_operators(
            subject=_subject(connection, *concern.key), state=f"{step} of {parameters['date']}",
            kind=f"consent_{concern.matter}", parameters=parameters, link=link, now=now,
        )  # fmt: skip
    for warning in mended:
        tell_operators(
            subject=_subject(connection, warning.matter, warning.subject), state="mended", kind="consent_mended",
            parameters={"connection": connection.name}, link=link, now=now, recovery=True,
        )  # fmt: skip


def _subject(connection: Connection, matter: str, subject: str) -> str:
    return f"consent:{connection.pk}:{matter}:{subject}"[:80]
