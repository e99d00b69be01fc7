"""Every route against every scope and role: a token gets in where both its scope and its owner's role do."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone
from ninja.operation import Operation
from pytest_django.fixtures import Settings
from tests.api.calling import Api, api_of, installation_api
from tests.api.stage import address_of, fill
from tests.web.cast import OPERATOR, PASSWORD, Cast

from tenantry.accounts.services import create_account
from tenantry.accounts.tokens import make_token
from tenantry.api.areas import TokenFor
from tenantry.api.problems import Problem
from tenantry.api.v1 import api as whole
from tenantry.audit.models import INSTALLATION
from tenantry.core.permissions import Action, Role, may
from tenantry.core.token_scopes import SCOPES, TokenScope, scopes_for
from tenantry.isolation.scope import marketplace_scope
from tenantry.marketplace.services import give_role

HOLDERS = {
    "operator": (Role.OPERATOR, False),
    "owner": (Role.MANAGER, False),
    "colleague": (Role.SALES_SUPPORT, True),
    "carl": (Role.CUSTOMER_SUPPORT, False),
    "nobody": (None, False),
}


def operations() -> Iterator[tuple[str, Operation, TokenFor]]:
    """Yield every route of the API with what checks its tokens."""
    for router in whole._get_bound_routers():  # noqa: SLF001  # as ninja's own description does
        for path, view in router.path_operations.items():
            for operation in view.operations:
                (gate,) = operation.auth_callbacks
                assert isinstance(gate, TokenFor)
                yield path, operation, gate


def _gates() -> dict[tuple[object, ...], TokenFor]:
    """Return one route's gate for each combination that differs."""
    return {(gate.spec.action, tuple(gate.spec.others), gate.place.installation): gate for _, _, gate in operations()}


def _gets_in(gate: TokenFor, secret: str) -> bool:
    request = RequestFactory().get("/", headers={"Authorization": f"Bearer {secret}"})
    try:
        gate(request)
    except Problem as problem:
        assert problem.kind == "forbidden"  # noqa: PT017  # what it is matters, not what it says
        return False
    return True


def _secret(cast: Cast, who: str, scope: TokenScope) -> str:
    now = timezone.now()
    with marketplace_scope(cast.northwind.pk):
        _, secret = make_token(
            account_id=cast.accounts[who].pk, marketplace_id=cast.northwind.pk, name=scope.value, scopes=[scope],
            expires_at=now + timedelta(days=1), actor=cast.actor(who), now=now,
        )  # fmt: skip
    return secret


@pytest.mark.parametrize("who", HOLDERS)
def test_a_token_gets_in_where_its_scope_and_its_owners_role_both_do(who: str, cast: Cast, settings: Settings) -> None:
    settings.API_CALLS_PER_MINUTE = 1_000_000
    fill(cast)
    cast.accounts["carl"] = create_account(
        email="carl@people.example", name="Carl", password=PASSWORD, is_operator=False, now=timezone.now()
    )
    with marketplace_scope(cast.northwind.pk):
        give_role(
            account_id=cast.accounts["carl"].pk, account_name="Carl", role=Role.CUSTOMER_SUPPORT, actor=OPERATOR,
            now=timezone.now(),
        )  # fmt: skip
    role, opened = HOLDERS[who]
    wrong = []
    for scope in TokenScope:
        secret = _secret(cast, who, scope)
        for gate in _gates().values():
            actions = (gate.spec.action, *gate.spec.others)
            right = any(action in SCOPES[scope] and may(role, action, pending_open=opened) for action in actions)
            expected = right and not gate.place.installation  # the token is one of a marketplace
            if _gets_in(gate, secret) != expected:
                wrong.append((scope, gate.spec.path, expected))
    assert wrong == []


def test_only_tokens_of_operators_run_the_installation(cast: Cast) -> None:
    gate = next(gate for gate in _gates().values() if gate.place.installation)
    assert _gets_in(gate, installation_api(cast).secret)
    now = timezone.now()
    _, secret = make_token(
        account_id=cast.accounts["owner"].pk, marketplace_id=INSTALLATION, name="x",
        scopes=[TokenScope.INSTALLATION], expires_at=now + timedelta(days=1), actor=OPERATOR, now=now,
    )  # fmt: skip
    assert not _gets_in(gate, secret)


def test_every_route_asks_for_a_token_and_for_a_scope_and_hides_what_another_marketplace_has(
    cast: Cast, settings: Settings
) -> None:
    settings.API_CALLS_PER_MINUTE = 1_000_000
    ids = fill(cast)
    none = Api("tnt_nobody")
    stranger = api_of(cast, "stranger")
    lacking = {scope: api_of(cast, scopes=[scope]) for scope in (TokenScope.READ_ACTIVITY, TokenScope.READ_RUNS)}
    shared = {"/relationship-links/{int:connection_id}/read"}  # Contoso is fed by the same connection
    wrong = []
    for path, operation, gate in operations():
        address = address_of(path.replace("int:", ""), ids)
        method = operation.methods[0]
        other = TokenScope.READ_RUNS if gate.spec.action is Action.SEE_ACTIVITY else TokenScope.READ_ACTIVITY
        statuses = [none.ask(method, address).status_code, lacking[other].ask(method, address).status_code]
        if statuses != [401, 403]:
            wrong.append((method, path, statuses))
        if gate.place.installation or "{" not in path or path in shared or operation.methods != ["GET"]:
            continue
        status = stranger.ask(method, f"{address}?q=x").status_code
        if status != 404 and not path.startswith("/settings"):
            wrong.append((method, path, status))
    assert wrong == []


def test_every_scope_opens_something() -> None:
    opened = {scope for _, _, gate in operations() for scope in scopes_for(gate.spec.action)}
    assert opened == set(TokenScope)
