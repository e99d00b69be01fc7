"""Reads about marketplaces, the named look-ups across them among these."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from tenantry.core.permissions import Role
from tenantry.marketplace.models import StaffRole


@dataclass(frozen=True, slots=True)
class Workplace:
    """A marketplace that an account may enter, and as what."""

    marketplace_id: int
    name: str
    role: Role


def workplaces_of(*, account_id: int) -> tuple[Workplace, ...]:
    """Return the marketplaces that an account may enter, by name: every one for an operator, its own for staff."""
    with connection.cursor() as cursor:
        cursor.execute("select marketplace_id, name, role from workplaces_of_account(%s)", [account_id])
        return tuple(Workplace(row[0], row[1], Role(row[2])) for row in cursor.fetchall())


@dataclass(frozen=True, slots=True)
class KnownMarketplace:
    """A marketplace as an operator's list shows it: nothing of what is inside."""

    id: int
    name: str
    language: str
    sharing_group_id: int | None
    created_at: datetime


def marketplaces_for_operator(*, account_id: int) -> list[KnownMarketplace]:
    """Return all marketplaces by name to an operator's account, none to any other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, name, language, sharing_group_id, created_at from marketplaces_for_operator(%s)", [account_id]
        )
        return [KnownMarketplace(*row) for row in cursor.fetchall()]


def staff_here() -> list[StaffRole]:
    """Return the staff of the scope's marketplace with their accounts, by name. One query."""
    return list(StaffRole.objects.select_related("account").order_by("account__name", "account__email"))


def every_marketplace_id() -> list[int]:
    """Return the ids of all marketplaces, for periodic work that goes through them one scope at a time."""
    with connection.cursor() as cursor:
        cursor.execute("select id from every_marketplace_id() as id")
        return [row[0] for row in cursor.fetchall()]
