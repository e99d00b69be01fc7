"""Delegated administration as Graph lists it in the partner's own tenant. Contract section 11."""

from typing import Any, Final
from urllib.parse import parse_qs

from tenantry.emulator.guids import derived_guid
from tenantry.emulator.messages import Answer, Request, json_answer
from tenantry.emulator.microsoft.customer_users import utc
from tenantry.emulator.microsoft.people import MicrosoftPeople
from tenantry.emulator.world import World

PATH: Final = "/v1.0/tenantrelationships/delegatedadminrelationships"
MOST: Final = 300
_USUAL: Final = 100
_CALLED: Final = "tenantRelationships/delegatedAdminRelationships"
_DAY: Final = 86_400.0


def page(request: Request, world: World, people: MicrosoftPeople, url: str) -> Answer:
    """Answer with a page of relationships; ``url`` is Graph's own address."""
    asked = {name: values[0] for name, values in parse_qs(request.query, keep_blank_values=True).items()}
    top, token = asked.get("$top", ""), asked.get("$skiptoken", "")
    size = min(int(top), MOST) if top.isdigit() and int(top) else _USUAL
    rows = _rows(world, people, int(token) if token.isdigit() else 0, size + 1)
    body: dict[str, Any] = {
        "@odata.context": f"{url}/v1.0/$metadata#{_CALLED}",
        "value": [row for _, row in rows[:size]],
    }
    if len(rows) > size:
        body["@odata.nextLink"] = f"{url}/v1.0/{_CALLED}?$top={size}&$skiptoken={rows[size][0]}"
    return json_answer(body)


def _rows(world: World, people: MicrosoftPeople, start: int, count: int) -> list[tuple[int, dict[str, Any]]]:
    rows: list[tuple[int, dict[str, Any]]] = []
    for row in world.rows(start):
        known = people.delegation(row.tenant_id)
        if known is not None:
            rows.append((row.index, _shown(row.tenant_id, row.name, known)))
        if len(rows) == count:
            break
    return rows


def _shown(tenant_id: str, name: str, known: dict[str, Any]) -> dict[str, Any]:
    begun = known["ends"] - 730 * _DAY
    first, second = derived_guid("delegation", tenant_id), derived_guid("delegation beside", tenant_id)
    return {
        "@odata.etag": f'W/"{first}"', "id": f"{first}-{second}", "displayName": known["name"], "duration": "P730D",
        "customer": {"tenantId": tenant_id, "displayName": name},
        "accessDetails": {"unifiedRoles": [{"roleDefinitionId": role} for role in known["roles"]]},
        "status": known["status"], "autoExtendDuration": "PT0S", "createdDateTime": utc(begun),
        "lastModifiedDateTime": utc(begun), "activatedDateTime": utc(begun), "endDateTime": utc(known["ends"]),
    }  # fmt: skip
