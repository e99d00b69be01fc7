"""Whatever is called: no error of the server, and no answer that the description does not have.

schemathesis makes calls out of the description, sound and broken ones. Half of them go to rows that are there.
What asks a provider asks an emulator.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.asking import connect, show_tenant_of
from tests.api.calling import api_of, installation_api
from tests.api.stage import Ids, fill, parameters_of
from tests.web.cast import Cast

from tenantry.emulator.server import Emulator

_EXAMPLES = 7
_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# What asks a provider does so at each call: fewer are enough.
_ASKING = {
    "test_connection", "read_relationship_link", "set_up_hints", "sync_domains_of_company", "sync_person_now",
}  # fmt: skip
_EXAMPLES_ASKING = 5


@dataclass
class Caller:
    """Makes calls of one operation; keeps what was answered and what was wrong."""

    secret: str
    known: Ids
    statuses: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def call(self, case: Any, *, there: bool) -> None:
        """Make one call, to a row that is ``there`` if asked."""
        headers = {**(case.headers or {}), "Authorization": f"Bearer {self.secret}"}
        if there:
            case.path_parameters = {**(case.path_parameters or {}), **self.known}
            headers["If-Match"] = "*"
        case.headers = headers
        answer = case.call()
        self.statuses.add(answer.status_code)
        case.validate_response(answer, checks=_CHECKS)

    def run(self, operation: Any, number: int) -> None:
        """Make all calls of an operation, the same ones each time."""

        @seed(number)
        @examples(
            max_examples=_EXAMPLES_ASKING if _asks(operation) else _EXAMPLES, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck), database=None,
        )  # fmt: skip
        @given(case=operation.as_strategy(), there=st.booleans())
        def calls(case: Any, there: bool) -> None:  # noqa: FBT001  # hypothesis gives it
            self.call(case, there=there)

        try:
            calls()
        except FailureGroup as failures:
            self.wrong = [str(failure) for failure in failures.exceptions]


def _asks(operation: Any) -> bool:
    return operation.definition.raw["operationId"] in _ASKING


@pytest.mark.timeout(300)
def test_no_call_makes_a_server_error_or_an_answer_that_is_not_described(
    cast: Cast, settings: Settings, emulator: Emulator
) -> None:
    settings.API_CALLS_PER_MINUTE = 1_000_000
    ids = fill(cast)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler())
    secrets = {False: api_of(cast).secret, True: installation_api(cast).secret}
    connect(cast.connection, emulator)
    show_tenant_of(int(ids["person"]), cast, emulator)
    operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    operations.sort(key=_asks, reverse=True)  # before other calls give the connection other addresses
    callers: dict[str, Caller] = {}
    for number, operation in enumerate(operations):
        caller = Caller(secrets["/installation/" in operation.path], parameters_of(operation.path, ids))
        caller.run(operation, number)
        callers[operation.label] = caller
    assert {label: caller.wrong for label, caller in callers.items() if caller.wrong} == {}
    through = [label for label, caller in callers.items() if min(caller.statuses) < 300]
    assert {each.label for each in operations if _asks(each)} <= set(through), "The provider was not asked."
    assert len(through) > len(callers) * 0.65, "Too few calls got through to say much."
