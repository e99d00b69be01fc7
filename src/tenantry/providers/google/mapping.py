"""From the Directory API's JSON to our people. Pure: any JSON value in, a record or a reason out.

Field by field: docs/reference/google-directory.md section 4. An absent member is *not told*, never false,
apart from lists that Google leaves out when they are empty.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from tenantry.core.records import AdminLevel, DirectoryUser, InvalidRecord, PersonKind, Presence
from tenantry.providers.errors import Fault, Malformed
from tenantry.providers.texts import address_of, moment_of, name_of, text_of

_CUSTOMER: Final = re.compile(r"C[0-9A-Za-z]{2,40}", re.ASCII)
_USER: Final = re.compile(r"[0-9]{1,40}", re.ASCII)
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TEST_DOMAIN: Final = ".test-google-a.com"
_LONGEST_REFERENCE: Final = 80

_USER_FIELDS: Final = (
    "id,customerId,primaryEmail,name,isAdmin,isDelegatedAdmin,suspended,suspensionReason,archived,creationTime,"
    "lastLoginTime,orgUnitPath,aliases,nonEditableAliases,organizations,languages,isGuestUser,guestAccountInfo"
)
USER_MASK: Final = _USER_FIELDS
LIST_MASK: Final = f"kind,nextPageToken,users({_USER_FIELDS})"
DELETED_MASK: Final = "kind,nextPageToken,users(id,customerId,primaryEmail,name,deletionTime)"


def customer_id_of(value: object) -> str:
    """Return a customer's id as Google writes it. Never the word for the caller's own customer.

    Raises ``Malformed`` for anything else: a reseller's own people must never be read as a customer's.
    """
    if isinstance(value, str) and _CUSTOMER.fullmatch(value):
        return value
    raise Malformed(
        f"{text_of(value)[:40]!r} is not the id of a Google customer, so nothing was asked.",
        where="the customer's id",
        fault=Fault.OURS,
        retryable=False,
    )


def known_customer(value: object) -> str | None:
    """Return a customer's id, or ``None`` when ``value`` is none."""
    return value if isinstance(value, str) and _CUSTOMER.fullmatch(value) else None


def user_id_of(value: object) -> str | None:
    """Return a person's id as text: 21 digits, more than any machine's integer holds."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        value = str(value)
    return value if isinstance(value, str) and _USER.fullmatch(value) else None


def flag_of(value: object) -> bool | None:
    """Return a boolean, also when it is written as text; ``None`` for anything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def user_of(item: object, number: int, customer_id: str) -> DirectoryUser | InvalidRecord:
    """Return one live person of ``customer_id``, the ``number``-th row of its page.

    Raises ``Malformed`` with ``stops_run`` when the row says that it belongs to another customer.
    """
    found = _identified(item, number, customer_id)
    if isinstance(found, InvalidRecord):
        return found
    user_id, row = found
    if row.get("customerId") is None:
        return InvalidRecord(user_id, "The row does not say which customer it belongs to.")
    # A person without an address is still there: absence would be taken for leaving.
    user_name = address_of(row["primaryEmail"]) if "primaryEmail" in row else None
    suspended, archived = flag_of(row.get("suspended")), flag_of(row.get("archived"))
    last = moment_of(row.get("lastLoginTime"))
    names, work = _names(row), _primary(row.get("organizations"))
    return DirectoryUser(
        external_id=user_id,
        user_name=user_name,
        email=user_name,
        aliases=_aliases(row, user_name),
        display_name=names.shown,
        first_name=names.first,
        last_name=names.last,
        kind=PersonKind.GUEST if flag_of(row.get("isGuestUser")) else PersonKind.MEMBER,
        enabled=_enabled(suspended=suspended, archived=archived),
        suspension=text_of(row.get("suspensionReason")) if suspended else ("" if suspended is False else None),
        archived=archived,
        admin=_admin(full=flag_of(row.get("isAdmin")), partial=flag_of(row.get("isDelegatedAdmin"))),
        org_unit=_org_unit(row.get("orgUnitPath")),
        language=_language(row.get("languages")),
        job_title=text_of(work.get("title")).strip(),
        department=text_of(work.get("department")).strip(),
        guest_email=address_of(_object(row.get("guestAccountInfo")).get("primaryGuestEmail")),
        created_at=moment_of(row.get("creationTime")),
        signed_in=None if last is None else last != _NEVER,
        last_sign_in=None if last == _NEVER else last,
    )


def deleted_of(item: object, number: int, customer_id: str) -> DirectoryUser | InvalidRecord:
    """Return one deleted person: nothing but the id is sure to be there (section 3.1)."""
    found = _identified(item, number, customer_id)
    if isinstance(found, InvalidRecord):
        return found
    user_id, row = found
    names = _names(row)
    return DirectoryUser(
        external_id=user_id,
        presence=Presence.DELETED,
        user_name=address_of(row.get("primaryEmail")) or None,
        display_name=names.shown,
        first_name=names.first,
        last_name=names.last,
        deleted_at=moment_of(row.get("deletionTime")),
    )


def _identified(item: object, number: int, customer_id: str) -> tuple[str, Mapping[str, Any]] | InvalidRecord:
    if not isinstance(item, dict):
        return InvalidRecord(f"row {number}", "The row is not an object.")
    whose = item.get("customerId")
    if isinstance(whose, str) and whose != customer_id:
        raise Malformed(
            f"Google was asked for the people of customer {customer_id} and answered with one of another customer; "
            "nothing of it was kept.",
            where=f"row {number}: customerId",
            retryable=False,
            stops_run=True,
            next_step="Check the administrator and the mode on the connection. If they are right, report it to Google.",
        )
    user_id = user_id_of(item.get("id"))
    if user_id is None:
        shown = address_of(item.get("primaryEmail"))[:_LONGEST_REFERENCE]
        return InvalidRecord(shown or f"row {number}", "The row has no usable id.")
    return user_id, item


class _Names(NamedTuple):
    shown: str | None = None
    first: str | None = None
    last: str | None = None


def _names(row: Mapping[str, Any]) -> _Names:
    name = row.get("name")
    if not isinstance(name, dict):  # a person who is just being created has none yet
        return _Names()
    first, last = name_of(name.get("givenName")), name_of(name.get("familyName"))
    shown = name_of(name.get("displayName")) or name_of(name.get("fullName")) or f"{first} {last}".strip()
    return _Names(shown, first, last)


def _aliases(row: Mapping[str, Any], user_name: str | None) -> tuple[str, ...] | None:
    if flag_of(row.get("suspended")) is None:  # half a person: what is absent may be still to come
        return None
    listed = [address_of(each) for key in ("aliases", "nonEditableAliases") for each in _list(row.get(key))]
    kept = {each for each in listed if each and each != user_name and not each.endswith(_TEST_DOMAIN)}
    return tuple(sorted(kept))


def _enabled(*, suspended: bool | None, archived: bool | None) -> bool | None:
    if suspended or archived:
        return False
    return True if suspended is False and archived is False else None


def _admin(*, full: bool | None, partial: bool | None) -> AdminLevel | None:
    if full:
        return AdminLevel.FULL
    if partial:
        return AdminLevel.PARTIAL
    return AdminLevel.NONE if full is False and partial is False else None


def _org_unit(value: object) -> str | None:
    path = text_of(value).strip()
    if not path:
        return None
    return path if path.startswith("/") else f"/{path}"


def _language(value: object) -> str:
    listed = [each for each in _list(value) if isinstance(each, dict)]
    preferred = next((each for each in listed if each.get("preference") == "preferred"), listed[0] if listed else {})
    return text_of(preferred.get("languageCode")).strip()


def _primary(value: object) -> Mapping[str, Any]:
    listed = [each for each in _list(value) if isinstance(each, dict)]
    return next((each for each in listed if flag_of(each.get("primary"))), listed[0] if listed else {})


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
