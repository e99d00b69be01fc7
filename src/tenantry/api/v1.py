"""The first version of the API: its areas, and its description."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from tenantry.api import (
    activity,
    companies,
    connecting,
    connections,
    deciding,
    google,
    google_tenants,
    holds,
    imports,
    invitations,
    many,
    marketplaces,
    memberships,
    notices,
    pending,
    people,
    person_fields,
    runs,
    settings,
    undoing,
    user_settings,
    users,
    webhooks,
)
from tenantry.api.describing import PROBLEM_SCHEMA, problem_responses
from tenantry.api.reading import CarefulParser
from tenantry.api.refusals import teach_refusals

# Addresses are looked for in this order: those with words before those with ids.
AREAS = (
    many.area, pending.area, deciding.area, companies.area, memberships.area, users.area, invitations.area,
    imports.area, runs.area, holds.area, settings.area, connecting.area, activity.area, marketplaces.area,
    connections.area, google.area, undoing.area, user_settings.area, person_fields.area, notices.area,
    google_tenants.area, people.area, webhooks.area,
)  # fmt: skip
ROOT = "/api/v1/"
_ABOUT = (
    "Everything that Tenantry's pages do. Send a token as `Authorization: Bearer`. What is refused comes as problem "
    "details (RFC 9457). Lists come in pages: follow `next`. With an `Idempotency-Key` a call that is sent again does "
    "nothing a second time; with `If-Match` a change is about the version that you read."
)


class Described(NinjaAPI):
    """ninja's API, with what its description of ours lacks."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        """Return the description, with the shape of problems and the answers that have it."""
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
        schema["components"]["responses"] = problem_responses()
        return schema


def make_api() -> NinjaAPI:
    """Return the API with all its areas."""
    made = Described(
        title="Tenantry", version="1", description=_ABOUT, urls_namespace="api-v1", docs_url=None,
        parser=CarefulParser(),
    )  # fmt: skip
    for area in AREAS:
        made.add_router("", area.router)
    teach_refusals(made)
    return made


api = make_api()
