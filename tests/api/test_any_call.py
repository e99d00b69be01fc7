"""Whatever is called: no error of the server, and no answer that the description does not have.

schemathesis makes calls out of the description, sound and broken ones. Half of them go to rows that are there.
"""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.calling import api_of, installation_api
from tests.api.stage import fill, parameters_of
from tests.web.cast import Cast

_EXAMPLES = 10
_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# They ask a provider, and there is none here: tests of the areas have them.
_OUTSIDE = {"test_connection", "read_relationship_link"}


@pytest.mark.timeout(300)
def test_no_call_makes_a_server_error_or_an_answer_that_is_not_described(cast: Cast, settings: Settings) -> None:
    settings.API_CALLS_PER_MINUTE = 1_000_000
    ids = fill(cast)
    from tenantry.config.wsgi import application  # noqa: PLC0415  # it reads the settings

    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    secrets = {False: api_of(cast).secret, True: installation_api(cast).secret}
    asked: dict[str, set[int]] = {}
    wrong: dict[str, list[str]] = {}
    operations = [found.ok() for found in schema.get_all_operations()]
    for number, operation in enumerate(operations):
        if operation.definition.raw["operationId"] in _OUTSIDE:
            continue
        secret = secrets["/installation/" in operation.path]
        known = parameters_of(operation.path, ids)

        @seed(number)
        @examples(
            max_examples=_EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
        )
        @given(case=operation.as_strategy(), there=st.booleans())
        def call(case: Any, there: bool) -> None:  # noqa: FBT001  # hypothesis gives it
            if there:
                case.path_parameters = {**(case.path_parameters or {}), **known}
                case.headers = {**(case.headers or {}), "If-Match": "*"}
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {secret}"}  # noqa: B023  # called at once
            answer = case.call()
            asked.setdefault(operation.label, set()).add(answer.status_code)  # noqa: B023  # same
            case.validate_response(answer, checks=_CHECKS)

        try:
            call()
        except FailureGroup as failures:
            wrong[operation.label] = [str(failure) for failure in failures.exceptions]
    assert wrong == {}
    assert len(asked) == len(operations) - len(_OUTSIDE)
    done = [label for label, statuses in asked.items() if min(statuses) < 300]
    assert len(done) > len(asked) * 0.65, "Too few calls got through to say much."
