"""The User Sync panel of one provider as values: what a manager may choose, and what saving makes of it.

Pure. Who flows in under these settings is decided by ``core.planning.scope``.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from tenantry.core.addresses import clean_domain


class Leavers(StrEnum):
    """What becomes of the membership of somebody who left the directory or the scope."""

    REPORT_ONLY = "report_only"
    DEACTIVATE = "deactivate"


class GivenRole(StrEnum):
    """What people become in their company when they flow in."""

    USER = "user"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class ScopeRules:
    """Who of a directory flows in. Without a rule everybody does; ``domains`` and ``org_units`` are in lower case.

    An organisational unit stands for itself and for all below it: ``/sales`` covers ``/sales/north``.
    """

    licensed_only: bool = False
    no_guests: bool = False
    no_disabled: bool = False
    domains: tuple[str, ...] = ()
    org_units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UserSettings:
    """What a manager chooses for one provider. All is off on a new marketplace.

    ``precedence``: of two providers that know the same person, the one with the lower number says their fields.
    """

    user_sync: bool = False
    invite_automatically: bool = False
    role: GivenRole = GivenRole.USER
    scope: ScopeRules = ScopeRules()
    leavers: Leavers = Leavers.REPORT_ONLY
    precedence: int = 0


_MOST_ENTRIES = 200
_LONGEST_UNIT = 1_000
_BETWEEN_DOMAINS = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class ReadScope:
    """The rules that were typed, and a sentence for each that can't be read; then they are not to be used."""

    rules: ScopeRules
    errors: dict[str, str] = field(default_factory=dict)


def read_scope(rules: ScopeRules, *, domains: str, org_units: str) -> ReadScope:
    """Return ``rules`` with the domains and units that a person typed: domains apart by blanks, units by lines.

    Repeated entries count once, in the order of the alphabet; letters become small ones.
    """
    errors: dict[str, str] = {}
    typed = [word for word in _BETWEEN_DOMAINS.split(domains) if word]
    found = {word: clean_domain(word) for word in typed}
    wrong = next((word for word, domain in found.items() if domain is None), "")
    if wrong:
        errors["domains"] = f"{wrong[:80]!r} is no domain. Write it like contoso.com."
    units = {line.strip().lower().rstrip("/") or "/" for line in org_units.splitlines() if line.strip()}
    odd = next((unit for unit in sorted(units) if not unit.startswith("/") or len(unit) > _LONGEST_UNIT), "")
    if odd:
        errors["org_units"] = f"{odd[:80]!r} is no organisational unit. Write its path, like /sales/north."
    for name, count in (("domains", len(found)), ("org_units", len(units))):
        if count > _MOST_ENTRIES:
            errors[name] = f"At most {_MOST_ENTRIES} entries can be listed; these are {count:,}."
    kept = tuple(sorted({domain for domain in found.values() if domain}))
    return ReadScope(replace(rules, domains=kept, org_units=tuple(sorted(units))), errors)


@dataclass(frozen=True, slots=True)
class SavedUserSettings:
    """The settings after a save, and since when people who come in are invited by a rule (``None``: it is off)."""

    settings: UserSettings
    invite_since: datetime | None


def settle_user_settings(
    before: UserSettings, wanted: UserSettings, *, invite_since: datetime | None, now: datetime
) -> SavedUserSettings:
    """Return what is saved when ``wanted`` is asked for on top of ``before``.

    ``invite_since`` begins when User Sync and inviting are both on, and ends when one goes off: who came in before is
    never invited by a rule.
    """
    if not (wanted.user_sync and wanted.invite_automatically):
        return SavedUserSettings(wanted, None)
    goes_on = before.user_sync and before.invite_automatically and invite_since is not None
    return SavedUserSettings(wanted, invite_since if goes_on else now)
