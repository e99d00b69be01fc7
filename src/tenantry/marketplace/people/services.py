"""Writes about people. Everything runs in a marketplace's scope, and all or nothing of each call is done.

``bring_people`` takes many at once. This is the door; what each does stands in the modules beside it.
"""

from tenantry.core.drafts import PersonDraft
from tenantry.marketplace.people.bringing import Arrival, Brought, Outcome, bring_people, bring_person
from tenantry.marketplace.people.editing import edit_user
from tenantry.marketplace.people.places import Deactivated, change_role, deactivate_membership, reactivate_membership
from tenantry.marketplace.people.refusals import LastAdministrator, PersonRefused, StaleUser

__all__ = [
    "Arrival",
    "Brought",
    "Deactivated",
    "LastAdministrator",
    "Outcome",
    "PersonDraft",
    "PersonRefused",
    "StaleUser",
    "bring_people",
    "bring_person",
    "change_role",
    "deactivate_membership",
    "edit_user",
    "reactivate_membership",
]
