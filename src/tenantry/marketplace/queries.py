"""Reads about marketplaces, the named look-ups across them among these."""

from dataclasses import dataclass

from django.db import connection

from tenantry.core.permissions import Role


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


def every_marketplace_id() -> list[int]:
    """Return the ids of all marketplaces, for periodic work that goes through them one scope at a time."""
    with connection.cursor() as cursor:
        cursor.execute("select id from every_marketplace_id() as id")
        return [row[0] for row in cursor.fetchall()]
