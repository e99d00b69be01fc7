"""The customer list's filter: four fields, one operator."""

import json
from dataclasses import dataclass
from typing import Final

from tenantry.emulator.guids import is_guid
from tenantry.emulator.microsoft import refusals as refuse
from tenantry.emulator.world import Match, Row

_NAMES: Final = {"companyname": "name", "domain": "domain"}
_PARTNERS: Final = {"indirectreseller", "indirectcloudsolutionprovider"}


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter as it was sent (``text``), with its field in lower case and its value as it is compared."""

    text: str
    field: str
    value: str

    @property
    def by_partner(self) -> bool:
        """Whether it asks for the customers of an indirect partner, which only a user may."""
        return self.field in _PARTNERS


def read_filter(text: str) -> Filter | None:
    """Return the filter in ``text``, ``None`` for an empty one. Raises ``ApiRefusal`` when it cannot be understood."""
    if not text:
        return None
    try:
        sent = json.loads(text)
    except ValueError as problem:
        raise refuse.bad_input("The filter is not valid JSON.") from problem
    if not isinstance(sent, dict):
        raise refuse.bad_input("The filter is not a JSON object.")
    parts = {name.lower(): value for name, value in sent.items()}
    field, value, operator = (str(parts.get(name, "")) for name in ("field", "value", "operator"))
    if field.lower() not in {*_NAMES, *_PARTNERS}:
        raise refuse.bad_input(f"The search field {field} is not supported.")
    if operator.lower() != "starts_with":
        raise refuse.bad_input(f"The operator {operator} is not supported for {field}.")
    if field.lower() in _PARTNERS and not is_guid(value):
        raise refuse.bad_input(f"The value of {field} must be a GUID.")
    return Filter(text, field.lower(), value.casefold())


def match_of(wanted: Filter | None, resellers: list[str]) -> Match | None:
    """Return the test that a row must pass. ``resellers`` are the partner's indirect resellers, customers in turn."""
    if wanted is None:
        return None
    if wanted.field == "indirectreseller":
        return lambda row: bool(resellers) and resellers[row.index % len(resellers)] == wanted.value
    if wanted.field == "indirectcloudsolutionprovider":
        return lambda _row: False
    if wanted.field == "domain":
        return lambda row: row.domain.casefold().startswith(wanted.value)
    return lambda row: _folded(row).startswith(wanted.value)


def _folded(row: Row) -> str:
    return row.name.casefold()
