"""``tenantry token``: tokens of the REST API, listed, made and revoked; for a marketplace or for the installation."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any

import typer

from tenantry.cli.asking import JsonOption, PlaceOption, clock, command_line, in_marketplace
from tenantry.cli.installation import HomeOption, installation
from tenantry.cli.terminal import fail, out, print_json, say

app = typer.Typer(no_args_is_help=True, help="Tokens of the REST API.")
InstallationOption = Annotated[
    bool, typer.Option("--installation", help="Of the installation itself, not of a marketplace.")
]


@app.callback()
def group() -> None:
    """Tokens of the REST API."""


@contextmanager
def _in_place(home: HomeOption, marketplace: str, *, of_installation: bool) -> Iterator[int]:
    """Open the installation and the scope of whose tokens it is about; the marketplace's id, or 0."""
    if of_installation and marketplace:
        fail("Give --marketplace or --installation, not both.")
    if of_installation:
        with installation(home):
            yield 0
        return
    with in_marketplace(home, marketplace) as place:
        from tenantry.isolation.scope import marketplace_scope

        with marketplace_scope(place):
            yield place


@app.command("list")
def list_tokens(
    home: HomeOption = None,
    marketplace: PlaceOption = "",
    of_installation: InstallationOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print the tokens: whose, what for, until when, last use. Never the tokens themselves."""
    with _in_place(home, marketplace, of_installation=of_installation) as place:
        from tenantry.accounts.tokens import tokens_of

        rows = [_told(token, used) for token, used in tokens_of(place)]
    if as_json:
        print_json({"tokens": rows})
        return
    if not rows:
        say("There are no tokens.")
    for row in rows:
        used = f"used {row['last_used_at']:%Y-%m-%d}" if row["last_used_at"] else "never used"
        scopes = " ".join(row["scopes"])
        out.print(
            f"{row['id']}: {row['name']}, of {row['account']}, {row['state']}, ends {row['expires_at']:%Y-%m-%d}, "
            f"{used}: {scopes}", markup=False, highlight=False,
        )  # fmt: skip


def _told(token: Any, used: Any) -> dict[str, Any]:
    state = "revoked" if token.revoked_at else "expired" if token.expires_at <= clock() else "live"
    plain = {name: getattr(token, name) for name in ("name", "prefix", "scopes", "created_at", "expires_at")}
    return {"id": token.pk, "account": token.account.email, "state": state, "last_used_at": used, **plain}


@app.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="What will use it, such as billing.")],
    account: Annotated[str, typer.Option("--account", help="The e-mail address of whose rights it has.")],
    scope: Annotated[list[str], typer.Option("--scope", help="What it is for; may be given several times.")],
    home: HomeOption = None,
    marketplace: PlaceOption = "",
    of_installation: InstallationOption = False,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="In how many days it ends.")] = 90,
    as_json: JsonOption = False,
) -> None:
    """Make a token and print it, this once. It may do no more than the account may."""
    with _in_place(home, marketplace, of_installation=of_installation) as place:
        from tenantry.accounts.tokens import TokenRefused, make_token

        owner, scopes = _owner(account, place), _scopes(scope)
        _refuse_useless(owner, place, scopes)
        now = clock()
        try:
            token, secret = make_token(
                account_id=owner.pk, marketplace_id=place, name=name, scopes=scopes,
                expires_at=now + timedelta(days=days), actor=command_line(), now=now,
            )  # fmt: skip
        except TokenRefused as refused:
            fail(str(refused))
        told = _told(token, None)
    if as_json:
        print_json({**told, "token": secret})
        return
    say(f"Token {told['id']} ends {told['expires_at']:%Y-%m-%d}. This is the only time that it is shown:")
    typer.echo(secret)


def _owner(email: str, place: int) -> Any:
    from tenantry.accounts.models import Account

    found = Account.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if found is None:
        fail(f"Nobody signs in as {email}.", next_step="Give the address of an account that is active.")
    if not place and not found.is_operator:
        fail(f"{email} does not run the installation, so the token would open nothing.")
    return found


def _scopes(given: list[str]) -> list[Any]:
    from tenantry.core.token_scopes import TokenScope

    known = [each.value for each in TokenScope]
    strange = [each for each in given if each not in known]
    if strange:
        fail(f"There is no scope {strange[0]!r}.", next_step=f"There are: {', '.join(known)}.")
    return [TokenScope(each) for each in dict.fromkeys(given)]


def _refuse_useless(owner: Any, place: int, scopes: list[Any]) -> None:
    """End the command when the owner's role opens nothing of a scope here: the token would only seem to have it."""
    from tenantry.core.permissions import Role
    from tenantry.core.token_scopes import scopes_open_to
    from tenantry.marketplace.queries import workplaces_of

    here = next((each for each in workplaces_of(account_id=owner.pk) if each.marketplace_id == place), None)
    role = Role.OPERATOR if owner.is_operator else here.role if here else None
    offered = [each.value for each in scopes_open_to(role, installation=not place)]
    useless = [each.value for each in scopes if each.value not in offered]
    if useless:
        fail(
            f"{owner.email} may do nothing of {', '.join(useless)} here.",
            next_step=f"There is: {', '.join(offered) or 'nothing, without a role in this marketplace'}.",
        )


@app.command("revoke")
def revoke(
    token_id: Annotated[int, typer.Argument(metavar="ID", help="Its number, as `tenantry token list` has it.")],
    home: HomeOption = None,
    marketplace: PlaceOption = "",
    of_installation: InstallationOption = False,
    as_json: JsonOption = False,
) -> None:
    """End a token at once. Doing it again changes nothing."""
    with _in_place(home, marketplace, of_installation=of_installation) as place:
        from tenantry.accounts.models import ApiToken
        from tenantry.accounts.tokens import revoke_token

        try:
            ended = revoke_token(token_id=token_id, marketplace_id=place, actor=command_line(), now=clock())
        except ApiToken.DoesNotExist:
            fail(f"There is no token {token_id} here.", next_step="`tenantry token list` shows them.")
    if as_json:
        print_json({"id": token_id, "revoked": ended})
    else:
        say("Revoked: it opens nothing any more." if ended else "It was revoked before. Nothing was done.")
