"""From Microsoft's JSON to our people: Partner Center's users and Graph's. Pure: any JSON in, a record or a reason out.

Field by field: docs/reference/partner-center.md sections 7.1 and 14. Partner Center tells no e-mail, no aliases,
no kind, and not whether a sign-in is blocked: all of that stays unknown.
"""

from collections.abc import Mapping
from typing import Any, Final

from tenantry.core.records import (
    Administrator,
    AdminLevel,
    DirectoryUser,
    InvalidRecord,
    LicenceAssignment,
    LicenceName,
    PersonKind,
    Presence,
    SubscribedLicence,
)
from tenantry.providers.microsoft.answers import pick
from tenantry.providers.microsoft.mapping import guid_of, member
from tenantry.providers.texts import address_of, moment_of, name_of, text_of

GLOBAL_ADMINISTRATOR: Final = "62e90394-69f5-4237-9190-012177145e10"
GRAPH_FIELDS: Final = (
    "id,userPrincipalName,mail,proxyAddresses,givenName,surname,displayName,accountEnabled,userType,usageLocation,"
    "mobilePhone,businessPhones,preferredLanguage,assignedLicenses,jobTitle,department,createdDateTime"
)
_LONGEST_REFERENCE: Final = 80
_SYNC_ACCOUNT: Final = "on-premises directory synchronization service account"


def partner_user_of(item: object, number: int) -> DirectoryUser | InvalidRecord:
    """Return one user of Partner Center, the ``number``-th row of its page. *Inactive* means deleted, not blocked."""
    found = _identified(item, number)
    if isinstance(found, InvalidRecord):
        return found
    user_id, row = found
    deleted = text_of(pick(row, "state")).strip().lower() == "inactive"
    shown = name_of(pick(row, "displayName"))
    return DirectoryUser(
        external_id=user_id,
        presence=Presence.DELETED if deleted else Presence.PRESENT,
        user_name=address_of(pick(row, "userPrincipalName")) or None,
        display_name=shown,
        first_name=name_of(pick(row, "firstName")),
        last_name=name_of(pick(row, "lastName")),
        kind=PersonKind.SERVICE if shown.lower() == _SYNC_ACCOUNT else None,
        country=text_of(pick(row, "usageLocation")).strip().upper(),
        phone=text_of(pick(row, "phoneNumber")).strip(),
        deleted_at=moment_of(pick(row, "softDeletionTime")),
    )


def graph_user_of(item: object, number: int) -> DirectoryUser | InvalidRecord:
    """Return one user of Graph. In a list of changes absent members are unchanged, and so not told."""
    found = _identified(item, number)
    if isinstance(found, InvalidRecord):
        return found
    user_id, row = found
    removed = row.get("@removed")
    if removed is not None:
        gone = isinstance(removed, dict) and removed.get("reason") == "deleted"
        return DirectoryUser(external_id=user_id, presence=Presence.GONE if gone else Presence.DELETED)
    deleted_at = moment_of(row.get("deletedDateTime"))
    email = _told(row, "mail", address_of)
    shown = _told(row, "displayName", name_of)
    enabled = row.get("accountEnabled")
    return DirectoryUser(
        external_id=user_id,
        presence=Presence.DELETED if deleted_at else Presence.PRESENT,
        user_name=_told(row, "userPrincipalName", address_of) or None,
        email=email,
        aliases=_aliases(row, email),
        display_name=shown,
        first_name=_told(row, "givenName", name_of),
        last_name=_told(row, "surname", name_of),
        kind=_kind(row, shown or ""),
        enabled=enabled if isinstance(enabled, bool) else None,
        licences=_licences(row),
        language=_told(row, "preferredLanguage", _plain),
        country=_told(row, "usageLocation", lambda value: _plain(value).upper()),
        phone=_phone(row),
        job_title=_told(row, "jobTitle", _plain),
        department=_told(row, "department", _plain),
        created_at=moment_of(row.get("createdDateTime")),
        deleted_at=deleted_at,
    )


def _identified(item: object, number: int) -> tuple[str, Mapping[str, Any]] | InvalidRecord:
    if not isinstance(item, dict):
        return InvalidRecord(f"row {number}", "The row is not an object.")
    user_id = guid_of(pick(item, "id"))
    if user_id is None:
        shown = address_of(pick(item, "userPrincipalName"))[:_LONGEST_REFERENCE]
        return InvalidRecord(shown or f"row {number}", "The row has no usable id.")
    return user_id, item


def _plain(value: object) -> str:
    return text_of(value).strip()


def _told(row: Mapping[str, Any], name: str, read: Any) -> str | None:
    """Return what the row says under ``name``: empty when it says null, ``None`` when it says nothing."""
    if name not in row:
        return None
    text: str = read(row[name])
    return text


def _aliases(row: Mapping[str, Any], email: str | None) -> tuple[str, ...] | None:
    listed = row.get("proxyAddresses")
    if not isinstance(listed, list):
        return None
    mail = [address_of(each)[5:] for each in listed if address_of(each).startswith("smtp:")]
    return tuple(sorted({each for each in mail if each and each != email}))


def _kind(row: Mapping[str, Any], shown: str) -> PersonKind | None:
    if shown.lower() == _SYNC_ACCOUNT:
        return PersonKind.SERVICE
    kinds = {"guest": PersonKind.GUEST, "member": PersonKind.MEMBER}
    return kinds.get(text_of(row.get("userType")).strip().lower())


def _licences(row: Mapping[str, Any]) -> tuple[str, ...] | None:
    listed = row.get("assignedLicenses")
    if not isinstance(listed, list):
        return None
    skus = (guid_of(each.get("skuId")) for each in listed if isinstance(each, dict))
    return tuple(sorted({sku for sku in skus if sku}))


def _phone(row: Mapping[str, Any]) -> str | None:
    if "mobilePhone" not in row and "businessPhones" not in row:
        return None
    business = row.get("businessPhones")
    listed = [row.get("mobilePhone"), *(business if isinstance(business, list) else [])]
    return next((text for each in listed if (text := _plain(each))), "")


def licence_of(item: object, user_id: str) -> LicenceAssignment | None:
    """Return one licence of a person from Partner Center; ``None`` for a row without SKU."""
    sku = member(item, "productSku")
    sku_id = guid_of(pick(sku, "id"))
    if sku_id is None:
        return None
    return LicenceAssignment(
        sku_id=sku_id,
        name=_plain(pick(sku, "name")),
        product_id=_plain(pick(sku, "skuPartNumber")),
        external_id=user_id,
    )


def subscribed_of(item: object) -> SubscribedLicence | None:
    """Return one SKU that a tenant bought; ``None`` for a row without SKU."""
    sku = member(item, "productSku")
    sku_id = guid_of(pick(sku, "id"))
    if sku_id is None or not isinstance(item, dict):
        return None
    return SubscribedLicence(
        sku_id=sku_id,
        name=_plain(pick(sku, "name")),
        total=_count(pick(item, "totalUnits")),
        assigned=_count(pick(item, "consumedUnits")),
        state=_plain(pick(item, "capabilityStatus")),
    )


def sku_name_of(row: Mapping[str, Any]) -> LicenceName | None:
    """Return what Graph calls one SKU of a tenant; ``None`` for a row without SKU."""
    sku_id = guid_of(row.get("skuId"))
    return None if sku_id is None else LicenceName(sku_id, "", _plain(row.get("skuPartNumber")))


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def administrators_of(held: Mapping[str, tuple[str, list[str]]]) -> tuple[Administrator, ...]:
    """Return the holders of roles. ``held`` gives for each role's id its name and its members' ids."""
    roles: dict[str, dict[str, str]] = {}
    for role_id, (name, members) in held.items():
        for user_id in members:
            roles.setdefault(user_id, {})[role_id] = name
    return tuple(
        Administrator(
            external_id=user_id,
            roles=tuple(sorted(named.values())),
            level=AdminLevel.FULL if GLOBAL_ADMINISTRATOR in named else AdminLevel.PARTIAL,
        )
        for user_id, named in sorted(roles.items())
    )
