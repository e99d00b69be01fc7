"""What a directory says of a person, field by field, and which side wins."""

from collections.abc import Mapping
from typing import Any

from tenantry.core.drafts import PersonDraft, clean_person
from tenantry.core.planning.linked import FieldRule, Rules, digest_of_value
from tenantry.core.planning.users.views import OWN_FIELDS, PROFILE_FIELDS, DirectoryPerson, MembershipView
from tenantry.core.records import DirectoryUser
from tenantry.core.texts import storable

LABELS = {
    "email": "e-mail address",
    "first_name": "first name",
    "last_name": "last name",
    "phone": "phone number",
    "language": "language",
}
_PROFILE = "profile_"


def usable_values(person: DirectoryUser) -> dict[str, str]:
    """Return what a marketplace could keep of a person: the fields of ``PersonDraft``, blank where it can't.

    A value that is too long or malformed is left out, field by field. Somebody without first and last name goes by
    the display name, or else by the user name, which is no address. An address that a restore left mangled is none.
    """
    first, last = person.first_name or "", person.last_name or ""
    if not (first or last):
        first = person.display_name or person.user_name or ""
    email = "" if _is_mangled(person) else person.email or ""
    said = (email, first, last, person.phone or "", person.language or "")
    cleaned, errors = clean_person(PersonDraft(*[storable(text).strip() for text in said]))
    return {name: "" if name in errors else getattr(cleaned, name) for name in LABELS}


def _is_mangled(person: DirectoryUser) -> bool:
    """Tell whether the address is the person's own id: Entra's name for the deleted, which may stay after a restore.

    Source: Partner Center contract, users, trap 6.
    """
    local = (person.email or "").partition("@")[0]
    return bool(local) and local.lower() == person.external_id.replace("-", "").lower()


def changed_fields(person: DirectoryPerson, membership: MembershipView, rules: Rules, *, leads: bool) -> dict[str, str]:
    """Return what differs and follows the directory: members of the profile as ``profile_…``, and the person's own.

    ``leads``: of several directories that know the person this one says the fields; the others fill blanks only.
    A blank of the directory never erases.
    """
    profile = {
        f"{_PROFILE}{name}": person.values[name]
        for name in PROFILE_FIELDS
        if _follows(name, membership.profile.get(name, ""), person.values.get(name, ""), rules, leads=leads)
    }
    if not membership.own:
        return profile
    return profile | {
        name: person.values[name]
        for name in OWN_FIELDS
        if _follows(name, membership.user.get(name, ""), person.values.get(name, ""), rules, leads=leads)
    }


def _follows(name: str, ours: str, theirs: str, rules: Rules, *, leads: bool) -> bool:
    if not theirs or ours == theirs:
        return False
    rule = rules.get(name, FieldRule.PROVIDER)
    if rule is FieldRule.PROVIDER and leads:
        return True
    return rule is not FieldRule.OURS and not ours


def but_taken_back(values: Mapping[str, str], taken_back: Mapping[str, str]) -> dict[str, str]:
    """Return these values without those that a person took back; ``taken_back`` has their digests."""
    return {name: value for name, value in values.items() if taken_back.get(name) != digest_of_value(value)}


def current_values(membership: MembershipView, names: Mapping[str, Any]) -> dict[str, str]:
    """Return what the marketplace has for these members of a change, as :func:`changed_fields` names them."""
    profile = {f"{_PROFILE}{name}": membership.profile.get(name, "") for name in PROFILE_FIELDS}
    every = profile | {name: membership.user.get(name, "") for name in OWN_FIELDS}
    return {name: every[name] for name in names}


def labels_of(names: Mapping[str, Any]) -> list[str]:
    """Return the words for these members, each once, in the order of the fields."""
    plain = {name.removeprefix(_PROFILE) for name in names}
    return [LABELS[name] for name in LABELS if name in plain]
