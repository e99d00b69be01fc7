"""Tells operators, and the managers of each marketplace that a connection feeds, what became of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse

from tenantry.connections.models import Connection
from tenantry.core.brakes import Brake, Trip
from tenantry.core.brakes.quarantine import OFF_AFTER
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Quarantine
from tenantry.sync.notices import tell_managers, tell_operators
from tenantry.sync.quarantine.queries import marketplaces_fed_by


def tell_set_aside(quarantine: Quarantine, trip: Trip, *, now: datetime) -> None:
    """Tell that the connection was set aside, and why."""
    kind = "quarantine_credentials" if trip.brake is Brake.CREDENTIALS else "quarantine_errors"
    more = {"failed": f"{trip.count:,}", "tried": f"{trip.of or 0:,}"}
    _tell(quarantine.connection, trip.brake.value, kind, more, now=now)


def tell_goes_on(quarantine: Quarantine, day: int, *, now: datetime) -> None:
    """Tell that it still fails, so many days later."""
    _tell(quarantine.connection, f"day-{day}", "quarantine_goes_on", {"day": str(day)}, now=now)


def tell_given_up(quarantine: Quarantine, *, now: datetime) -> None:
    """Tell that it was switched off."""
    _tell(quarantine.connection, "off", "quarantine_off", {}, now=now)


def tell_over(connection: Connection, *, now: datetime) -> None:
    """Tell that it works again, if that it did not was told."""
    _tell(connection, "works", "quarantine_over", {}, now=now, recovery=True)


def _tell(
    connection: Connection, state: str, kind: str, more: Mapping[str, str], *, now: datetime, recovery: bool = False
) -> None:
    told: dict[str, Any] = {
        "subject": f"connection:{connection.pk}", "state": state, "kind": kind, "recovery": recovery, "now": now,
        "parameters": {"connection": connection.name, "days": str(OFF_AFTER), **more},
    }  # fmt: skip
    tell_operators(link=reverse("web:operator-connection", args=[connection.pk]), **told)
    for marketplace_id in marketplaces_fed_by(connection.pk):
        with marketplace_scope(marketplace_id):
            tell_managers(link=reverse("web:run-list"), **told)
