"""All that a marketplace knows of one person, as values for a file and a page."""

from collections.abc import Callable
from typing import Any

from tenantry.accounts.models import Account
from tenantry.accounts.telling import account_subject
from tenantry.audit.models import INSTALLATION, Event
from tenantry.audit.queries import event_batches, personal_values_of
from tenantry.marketplace.models import Company, Invitation, Membership, User
from tenantry.marketplace.people.telling import person_subject

# Areas above add what they know: each returns sections by name, of the person with an address, in the scope.
more_sections: list[Callable[[str], dict[str, list[dict[str, Any]]]]] = []


def record_of_person(user: User) -> dict[str, Any]:
    """Return all that is known of the person, section by section. In the marketplace's scope.

    The login's own history is the installation's: see :func:`account_history`.
    """
    email = user.email.lower()
    sections: dict[str, Any] = {
        "person": [_values(user, "email first_name last_name phone language origin created_at erased_at")],
        "login": _login(user.account),
        "places in companies": [_place(row) for row in Membership.objects.select_related("company").filter(user=user)],
        "invitations": [
            _values(row, "email language state subject greeting invited_by_name created_at sent_at ended_at")
            | {"company": row.membership.company.name}
            for row in Invitation.objects.select_related("membership__company").filter(membership__user=user)
        ],
        "primary contact of": [
            _values(row, "name contact_name contact_email contact_phone")
            for row in (Company.objects.filter(contact_email__iexact=email) if email else ())
        ],
    }
    for more in more_sections if email else []:
        sections |= more(email)
    sections["history"] = _history({"about": person_subject(user.pk)}, user.marketplace_id)
    if user.account_id:
        sections["what the person did"] = _history({"by": str(user.account_id)}, user.marketplace_id)
    return sections


def account_history(account_id: int | None) -> list[dict[str, Any]]:
    """Return what is recorded of a login. Outside any scope."""
    return _history({"about": account_subject(account_id)}, INSTALLATION) if account_id else []


def _login(account: Account | None) -> list[dict[str, Any]]:
    if account is None:
        return []
    identities = [
        _values(row, "provider issuer tenant subject shown_as created_at") for row in account.identities.all()
    ]
    login = _values(account, "email name language is_active created_at last_login")
    return [login | {"single_sign_on": identities}]


def _place(row: Membership) -> dict[str, Any]:
    fields = "role state origin profile_first_name profile_last_name created_at accepted_at"
    return {"company": row.company.name} | _values(row, fields)


def _values(row: object, fields: str) -> dict[str, Any]:
    return {field: getattr(row, field) for field in fields.split()}


def _history(filters: dict[str, str], marketplace_id: int) -> list[dict[str, Any]]:
    told = []
    for batch in event_batches(filters, marketplace_id=marketplace_id):
        opened = personal_values_of(batch) if "about" in filters else dict.fromkeys((each.pk for each in batch), None)
        told += [_event(event, opened[event.pk]) for event in batch]
    return told


def _event(event: Event, personal: dict[str, Any] | None) -> dict[str, Any]:
    values = _values(event, "at action target_kind target_id target_name before after reason")
    return values | ({"personal": personal} if personal else {})
