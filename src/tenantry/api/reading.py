"""Reads what calls send. What PostgreSQL can't store is refused at the door, for all areas alike."""

import json
from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from tenantry.api.problems import Problem
from tenantry.core.texts import storable


class CarefulParser(Parser):
    """Reads JSON and query strings; refuses the zero character and halves of surrogate pairs anywhere in them."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Read a body of JSON. What this raises becomes a problem *malformed*."""
        body = json.loads(request.body)
        if not _sound(body):
            raise ValueError("A text has a character that can't be stored.")
        return body

    def parse_querydict(self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest) -> Any:
        """Read a query string, or the fields of a form."""
        if not _sound({name: data.getlist(name) for name in data}):
            raise Problem("invalid", "The address has a character that can't be stored.")
        return super().parse_querydict(data, list_fields, request)


def _sound(value: object) -> bool:
    if isinstance(value, str):
        return storable(value) == value
    if isinstance(value, dict):
        return all(map(_sound, value)) and all(map(_sound, value.values()))
    return all(map(_sound, value)) if isinstance(value, list) else True
