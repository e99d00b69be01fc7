"""``tenantry connect``, and its part for Microsoft: walks an operator through a real connection, and tests it."""

import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenantry.cli.installation import HomeOption, installation
from tenantry.cli.terminal import err, fail, print_json, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantry.connections.probing import Tested
    from tenantry.providers.probes import ProbeResult

app = typer.Typer(no_args_is_help=True, help="Connect a provider.")

_INTRODUCTION = """
Connecting a Microsoft Partner Center. You need, from the Entra admin center of the partner's tenant:
  1. the partner's tenant ID  (Entra overview page);
  2. an application registration, its application (client) ID, and its kind:
       web     has a secret or a certificate, and can read customers by itself;
       native  has neither: a member of Admin Agents signs in once, with MFA.
     In Partner Center, the application must be added under Account settings, App management.
docs/howto/connect-partner-center.md shows every step.
"""

SecretFile = Annotated[
    Path | None, typer.Option("--secret-file", help="A file with the secret (or set TENANTRY_SECRET).")
]
SecretEnds = Annotated[
    str, typer.Option("--secret-ends", help="The day the secret ends, as Entra shows it: 2027-03-31.")
]
PrivateKey = Annotated[Path | None, typer.Option("--private-key", help="The certificate's private key, PEM.")]


@app.callback()
def group() -> None:
    """Connect a provider."""


@app.command("microsoft")
def microsoft(
    home: HomeOption = None,
    name: Annotated[str, typer.Option(help="What to call the connection.")] = "Partner Center",
    partner_tenant: Annotated[str, typer.Option("--partner-tenant", help="The partner's tenant ID.")] = "",
    application: Annotated[str, typer.Option("--application", help="The application (client) ID.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="web or native.")] = "",
    secret_file: SecretFile = None,
    secret_ends: SecretEnds = "",
    certificate: Annotated[Path | None, typer.Option("--certificate", help="The certificate, PEM.")] = None,
    private_key: PrivateKey = None,
    as_user: Annotated[bool, typer.Option("--as-user", help="Sign a user in, too (always so for native).")] = False,
    cloud: Annotated[str, typer.Option(help="global, us_government or china.")] = "global",
    api: Annotated[str, typer.Option("--api", help="Another address of the API.")] = "",
    authority: Annotated[str, typer.Option("--authority", help="Another address of the sign-in.")] = "",
    graph: Annotated[str, typer.Option("--graph", help="Another address of Microsoft Graph.")] = "",
    ca_file: Annotated[Path | None, typer.Option("--ca-file", help="A certificate authority to trust, PEM.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the test's results as JSON.")] = False,
) -> None:
    """Save a Partner Center connection, test it, and name each permission that is missing."""
    asking = not (partner_tenant and application and kind)
    if asking:
        say(_INTRODUCTION)
    given: dict[str, Any] = {
        "name": name,
        "partner_tenant_id": partner_tenant or _ask("Partner tenant ID"),
        "application_id": application or _ask("Application (client) ID"),
        "application_kind": _kind(kind or _ask("Kind of application (web or native)", default="web")),
        "cloud": cloud,
        "settings": {key: value for key, value in (("api", api), ("authority", authority), ("graph", graph)) if value}
        | ({"ca_file": str(ca_file.resolve())} if ca_file else {}),
    }
    if given["application_kind"] == "web":
        given["credential"] = _credential(secret_file, certificate, private_key)
        given["secret_expires_at"] = _day(secret_ends)
    user = as_user or given["application_kind"] == "native"
    given["sign_in"] = "app_and_user" if user else "app_only"
    with installation(home):
        _connect(given, user=user, as_json=as_json)


def _ask(what: str, default: str | None = None) -> str:
    value: str = typer.prompt(what, default=default, err=True)
    return value.strip()


def _kind(value: str) -> str:
    if value.lower() not in {"web", "native"}:
        fail(f"{value!r} is no kind of application.", next_step="Say web (has a secret or certificate) or native.")
    return value.lower()


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) if text else None
    except ValueError:
        fail(f"{text!r} is no day.", next_step="Write --secret-ends as 2027-03-31.")


def _credential(secret_file: Path | None, certificate: Path | None, private_key: Path | None) -> dict[str, str]:
    """Return the application's secret or certificate: from files, the environment, or a hidden prompt."""
    try:
        if certificate is not None:
            if private_key is None:
                fail("A certificate needs its private key.", next_step="Name it with --private-key.")
            return {"certificate": certificate.read_text(), "private_key": private_key.read_text()}
        if secret_file is not None:
            return {"secret": secret_file.read_text().strip()}
    except (OSError, UnicodeDecodeError) as problem:
        fail(f"A file of the credential can't be read: {problem}")
    secret = os.environ.get("TENANTRY_SECRET") or typer.prompt("Secret of the application", hide_input=True, err=True)
    return {"secret": secret.strip()}


def _connect(given: dict[str, Any], *, user: bool, as_json: bool) -> None:
    from django.utils import timezone

    from tenantry.audit.events import Actor, ActorKind
    from tenantry.connections.probing import probe_connection
    from tenantry.connections.services import (
        MicrosoftConnection,
        UnableToSaveConnection,
        save_microsoft_connection,
    )
    from tenantry.providers.errors import ProviderError

    try:
        if user:
            given["refresh_token"] = _sign_in(given)
        connection = save_microsoft_connection(
            MicrosoftConnection(**given), actor=Actor(ActorKind.COMMAND_LINE, "command line"), now=timezone.now()
        )
        tested = probe_connection(connection, now=timezone.now())
    except UnableToSaveConnection as refused:
        fail(str(refused), next_step="Nothing was saved.")
    except ProviderError as error:
        fail(f"{error.message} The fault is {error.fault.value}.", next_step=error.next_step)
    tell_tested(connection.name, tested, as_json=as_json)


def tell_tested(name: str, tested: "Tested", *, as_json: bool) -> None:
    """Print what the test of a connection found; leave with a failure when it can't be used like this."""
    if as_json:
        print_json([{"probe": r.name, "ok": r.ok, "permission": r.permission, "sentence": r.sentence,
                     "next_step": r.next_step} for r in tested.results])  # fmt: skip
    else:
        _tell(tested.results)
    if not tested.usable:
        fail(
            "The connection is saved, but can't be used like this.",
            next_step="Mend what is named, then run this again.",
        )
    say(f"The connection {name!r} works. `tenantry setup` lets it feed a marketplace.")


def _tell(results: "Iterable[ProbeResult]") -> None:
    marks = {True: ("works", "green"), False: ("missing", "red"), None: ("unknown", "yellow")}
    for result in results:
        word, style = marks[result.ok]
        err.print(f"{word:>8}", style=style, end="  ")
        err.print(f"{result.sentence} (needs {result.permission})", markup=False)
        if result.next_step:
            err.print(f"          {result.next_step}", markup=False)


def _sign_in(given: dict[str, Any]) -> str:
    """Sign the service user in with a device code; return the refresh token, which is never shown."""
    from tenantry.providers.http import HttpClient
    from tenantry.providers.microsoft.clouds import endpoints_for
    from tenantry.providers.microsoft.credentials import (
        Application,
        ApplicationKind,
        ClientCertificate,
        ClientSecret,
    )
    from tenantry.providers.microsoft.interactive import InteractiveSignIn

    settings = given["settings"]
    ca_file = Path(settings["ca_file"]) if "ca_file" in settings else None
    endpoints = endpoints_for(
        given["cloud"], api=settings.get("api", ""), authority=settings.get("authority", ""), ca_file=ca_file
    )
    stored = given.get("credential", {})
    credential: ClientSecret | ClientCertificate | None = None
    if "secret" in stored:
        credential = ClientSecret(stored["secret"])
    elif stored:
        credential = ClientCertificate(stored["certificate"], stored["private_key"])
    kind = ApplicationKind(given["application_kind"])
    application = Application(given["partner_tenant_id"], given["application_id"], kind, credential)
    http = HttpClient(ca_file=ca_file)
    try:
        signing = InteractiveSignIn(endpoints, application, http)
        device = signing.start_device_code()
        say(f"Open {device.address} and enter {device.code}. Sign in as a member of Admin Agents, with MFA.")
        signed_in = signing.finish_device_code(device, cancelled=threading.Event())
        say(f"Signed in as {signed_in.user_name}.")
        return signed_in.refresh_token
    finally:
        http.close()
