"""Tenantry's legs: the code that workers run, called the way they call it."""

from typing import Any

from tenantry.cli.installation import set_up_django

set_up_django()  # as the worker does it

from bench.stage import Measured, measured  # noqa: E402  # same
from django.db import connection as database  # noqa: E402  # Django must be set up first
from django.utils import timezone  # noqa: E402  # same

from tenantry.audit.events import Actor, ActorKind  # noqa: E402  # same
from tenantry.connections.models import Connection  # noqa: E402  # same
from tenantry.connections.services import MicrosoftConnection, save_microsoft_connection  # noqa: E402  # same
from tenantry.connections.sources import open_source  # noqa: E402  # same
from tenantry.isolation.scope import marketplace_scope  # noqa: E402  # same
from tenantry.marketplace.queries import every_marketplace_id  # noqa: E402  # same
from tenantry.marketplace.services import create_marketplace  # noqa: E402  # same
from tenantry.sync.company_settings import save_company_sync  # noqa: E402  # same
from tenantry.sync.driving import drive_details, drive_first_passes, drive_listing  # noqa: E402  # same
from tenantry.sync.entitlements import set_entitlement  # noqa: E402  # same
from tenantry.sync.feeds import add_feed  # noqa: E402  # same
from tenantry.sync.models import Observation, ObservationState, PendingCompany, Run, RunState, Trigger  # noqa: E402  # same
from tenantry.sync.requests import Asked, request_sync  # noqa: E402  # same
from tenantry.sync.runs.lifecycle import join_or_start_observation  # noqa: E402  # same

BENCH = Actor(ActorKind.COMMAND_LINE, "benchmark")


def _never() -> bool:
    return False


def connect(facts: dict[str, Any], name: str = "Partner Center", **settings: Any) -> Connection:
    """Return the connection of this name to the emulator, made if it is not there yet."""
    return Connection.objects.filter(name=name).first() or save_microsoft_connection(
        MicrosoftConnection(
            name=name, partner_tenant_id=facts["partner_tenant_id"],
            application_id=facts["web_application"]["client_id"], application_kind="web",
            settings={
                "api": facts["api_url"], "authority": facts["login_url"], "ca_file": facts["ca_file"], **settings,
            },
            credential={"secret": facts["web_application"]["secret"]},
        ),
        actor=BENCH, now=timezone.now(),
    )  # fmt: skip


def marketplace_fed_by(connection: Connection, name: str = "Northwind Cloud") -> int:
    """Return the only marketplace, made with Company Sync on and fed by the connection if there is none yet."""
    known = every_marketplace_id()
    if known:
        return known[0]
    now = timezone.now()
    marketplace_id = create_marketplace(name=name, actor=BENCH, now=now).pk
    with marketplace_scope(marketplace_id):
        add_feed(connection=connection, countries=[], actor=BENCH, now=now)
        set_entitlement(company_sync=True, actor=BENCH, now=now)
        save_company_sync(company_sync=True, seen_version=0, actor=BENCH, now=now)
    return int(marketplace_id)


def observe_once(facts: dict[str, Any]) -> Measured:
    """Read the list for a connection that feeds no marketplace."""
    connection = connect(facts)
    _warm_up(connection)

    def work() -> int:
        observation = join_or_start_observation(connection.pk, preview=False, now=timezone.now())
        drive_listing(observation.pk, clock=timezone.now, should_stop=_never)
        return _listed(observation.pk)

    return measured(facts, work)


def sync_once(facts: dict[str, Any]) -> Measured:
    """Read the list, plan and apply, in one marketplace. Details are read by another stage and are no part of it."""
    result = measure_sync(facts)
    end_sync(facts)
    return result


def measure_sync(facts: dict[str, Any]) -> Measured:
    """Do that, and leave the run waiting for details."""
    connection = connect(facts)
    marketplace_id = marketplace_fed_by(connection)
    _warm_up(connection)

    def work() -> int:
        asked = Asked(BENCH, Trigger.COMMAND_LINE)
        (run,) = request_sync(marketplace_id=marketplace_id, asked=asked, now=timezone.now(), enqueue=False)
        drive_listing(run.observation_id or 0, clock=timezone.now, should_stop=_never)
        drive_first_passes(connection.pk, clock=timezone.now, should_stop=_never)
        return _listed(run.observation_id or 0)

    return measured(facts, work)


def end_sync(facts: dict[str, Any]) -> None:
    """End the run, and look whether it went well."""
    connection = connect(facts)
    _end_without_details(connection.pk)
    with marketplace_scope(marketplace_fed_by(connection)):
        run = Run.objects.latest("pk")
        assert run.state == RunState.DONE, f"the run ended as {run.state}: {run.failure}"
        assert not run.suspect, run.suspect
        assert PendingCompany.objects.count() > 0


def _warm_up(connection: Connection) -> None:
    with open_source(connection) as source:
        source.list_tenants(None)


def _listed(observation_id: int) -> int:
    observation = Observation.objects.get(pk=observation_id)
    assert observation.state == ObservationState.DONE, f"the listing is {observation.state}: {observation.failure}"
    assert observation.complete
    return observation.records


def _end_without_details(connection_id: int) -> None:
    """Let the run end as if all details had been read: the next sync then finds nothing due."""
    with database.cursor() as cursor:
        cursor.execute("update sync_sighting set details_due_at = null where connection_id = %s", [connection_id])
    drive_details(connection_id, clock=timezone.now, should_stop=_never)
