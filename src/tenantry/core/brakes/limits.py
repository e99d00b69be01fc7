"""Where the brakes of a marketplace hold, and between which bounds each limit can be set. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the brakes of a marketplace hold. Percents are of linked people, unless they are of rows that failed.

    ``creations_per_run`` and ``invitations_ask_above`` are the most that go through unasked, ``invitations_per_hour``
    the most e-mails that leave in any hour.

    One company: a run holds from ``removals_company_least`` people on that are ``removals_company_percent`` of its
    people or more; seven days from ``removals_company_week_percent`` on. The whole marketplace: 24 hours hold above
    ``removals_day_most`` people, or above ``removals_day_percent`` if it has ``removals_day_least_people`` linked
    people or more; 30 days from ``removals_month_percent`` on.

    A connection is set aside when at least ``errors_least_rows`` rows were tried and more than ``errors_percent`` of
    them failed. Held removals are released by ``removals_approvers`` different people.
    """

    creations_per_run: int = 25
    invitations_ask_above: int = 200
    invitations_per_hour: int = 50
    removals_company_least: int = 3
    removals_company_percent: int = 20
    removals_company_week_percent: int = 34
    removals_day_most: int = 500
    removals_day_percent: int = 5
    removals_day_least_people: int = 50
    removals_month_percent: int = 10
    errors_least_rows: int = 20
    errors_percent: int = 40
    removals_approvers: int = 1


# The least and the most that each limit can be set to. A limit of no creations holds every one of them.
BOUNDS = {
    "creations_per_run": (0, 10_000),
    "invitations_ask_above": (0, 10_000),
    "invitations_per_hour": (1, 1_000),
    "removals_company_least": (1, 1_000),
    "removals_company_percent": (1, 100),
    "removals_company_week_percent": (1, 100),
    "removals_day_most": (0, 100_000),
    "removals_day_percent": (0, 100),
    "removals_day_least_people": (1, 10_000),
    "removals_month_percent": (1, 100),
    "errors_least_rows": (1, 1_000),
    "errors_percent": (1, 99),
    "removals_approvers": (1, 2),
}


def problems_of(limits: Limits) -> dict[str, str]:
    """Return what is wrong with the limits, by their names, in sentences; nothing for limits that can be kept."""
    found = {}
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(limits, name) <= most:
            found[name] = f"Give a number from {least:,} to {most:,}."
    return found
