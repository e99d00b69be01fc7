"""``tenantry setup``: the first operator, the first marketplace, and what feeds it. Safe to run again."""

import os
from typing import Annotated

import typer

from tenantry.cli.installation import HomeOption, installation
from tenantry.cli.terminal import fail, print_json, say


def setup(
    home: HomeOption = None,
    operator_email: Annotated[str, typer.Option(help="The operator's e-mail address.")] = "",
    operator_name: Annotated[str, typer.Option(help="The operator's name.")] = "",
    marketplace: Annotated[str, typer.Option(help="The marketplace's name.")] = "",
    manager_email: Annotated[str, typer.Option(help="The address of a manager for it (optional).")] = "",
    connection: Annotated[str, typer.Option(help="The connection that feeds it (optional).")] = "",
    country: Annotated[list[str] | None, typer.Option(help="Only customers of this country; may be repeated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers of what was made as JSON.")] = False,
) -> None:
    """Create the first operator and marketplace. The password is asked for, or taken from TENANTRY_PASSWORD."""
    with installation(home):
        made = _set_up(operator_email, operator_name, marketplace, manager_email, connection, country or [])
    if as_json:
        print_json(made)


def _set_up(  # one step after the other, each reported
    operator_email: str, operator_name: str, marketplace: str, manager_email: str, connection: str, countries: list[str]
) -> dict[str, int]:
    from tenantry.audit.events import Actor, ActorKind

    operator_id, name = _account(operator_email or _ask("Operator's e-mail"), operator_name, is_operator=True)
    actor = Actor(ActorKind.OPERATOR, name, operator_id)
    marketplace_id = _marketplace(marketplace or _ask("Name of the marketplace"), actor)
    if manager_email:
        _manager(manager_email, marketplace_id, actor)
    if connection:
        _feed(connection, marketplace_id, countries, actor)
    say("Set up. Start it with `tenantry serve`.")
    return {"operator": operator_id, "marketplace": marketplace_id}


def _ask(what: str) -> str:
    value: str = typer.prompt(what, err=True)
    return value.strip()


def _password(email: str) -> str:
    value: str = os.environ.get("TENANTRY_PASSWORD") or typer.prompt(
        f"Password for {email}", hide_input=True, confirmation_prompt=True, err=True
    )
    return value


def _account(email: str, name: str, *, is_operator: bool) -> tuple[int, str]:
    from django.utils import timezone

    from tenantry.accounts.models import Account
    from tenantry.accounts.services import UnableToCreateAccount, create_account

    known = Account.objects.filter(email=email.strip().lower()).first()
    if known is not None:
        if is_operator and not known.is_operator:
            fail(f"{known.email} has an account, but is no operator.", next_step="Name another address.")
        say(f"{known.email} has an account already.")
        return known.pk, known.name or known.email
    try:
        account = create_account(
            email=email, name=name, password=_password(email), is_operator=is_operator, now=timezone.now()
        )
    except UnableToCreateAccount as refused:
        fail(str(refused))
    say(f"Created the account of {account.email}.")
    return account.pk, account.name or account.email


def _marketplace(name: str, actor: object) -> int:
    from django.utils import timezone

    from tenantry.isolation.scope import marketplace_scope
    from tenantry.marketplace.models import Marketplace
    from tenantry.marketplace.queries import every_marketplace_id
    from tenantry.marketplace.services import UnableToCreateMarketplace, create_marketplace

    for marketplace_id in every_marketplace_id():
        with marketplace_scope(marketplace_id):
            if Marketplace.objects.get().name.casefold() == name.strip().casefold():
                say(f"There is a marketplace named {name} already.")
                return marketplace_id
    try:
        created = create_marketplace(name=name, actor=actor, now=timezone.now())  # type: ignore[arg-type]  # an Actor
    except UnableToCreateMarketplace as refused:
        fail(str(refused))
    say(f"Created the marketplace {created.name}.")
    return created.pk


def _manager(email: str, marketplace_id: int, actor: object) -> None:
    from django.utils import timezone

    from tenantry.core.permissions import Role
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.marketplace.services import give_role

    account_id, name = _account(email, "", is_operator=False)
    with marketplace_scope(marketplace_id):
        give_role(
            account_id=account_id, account_name=name, role=Role.MANAGER, actor=actor, now=timezone.now()  # type: ignore[arg-type]  # an Actor
        )  # fmt: skip


def _feed(name: str, marketplace_id: int, countries: list[str], actor: object) -> None:
    from django.utils import timezone

    from tenantry.connections.models import Connection
    from tenantry.isolation.scope import marketplace_scope
    from tenantry.sync.company_settings import SettingsRefused
    from tenantry.sync.entitlements import set_entitlement
    from tenantry.sync.feeds import add_feed

    connection = Connection.objects.filter(name=name).first()
    if connection is None:
        known = ", ".join(Connection.objects.values_list("name", flat=True)) or "none yet"
        fail(
            f"There is no connection named {name!r}.",
            next_step=f"There are: {known}. `tenantry connect microsoft` makes one.",
        )
    bad = [country for country in countries if len(country.strip()) != 2 or not country.strip().isalpha()]  # noqa: PLR2004  # ISO 3166 alpha-2
    if bad:
        fail(f"{bad[0]!r} is no country code.", next_step="Give two letters, such as DE.")
    try:
        with marketplace_scope(marketplace_id):
            add_feed(connection=connection, countries=countries, actor=actor, now=timezone.now())  # type: ignore[arg-type]  # an Actor
            set_entitlement(company_sync=True, actor=actor, now=timezone.now())  # type: ignore[arg-type]  # an Actor
    except SettingsRefused as refused:
        fail(str(refused))
    say(f"{connection.name} feeds it. A manager turns Company Sync on under Settings, Data Sync.")
