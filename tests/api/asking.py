"""Lets a connection of the cast ask an emulator, and the emulator show one of the stage's tenants."""

from dataclasses import replace
from uuid import uuid4

from django.utils import timezone
from tests.installed import connection_to
from tests.web.cast import OPERATOR, Cast

from tenantry.connections.editing import edit_connection, replace_credential
from tenantry.connections.models import Connection
from tenantry.connections.secrets import seal_refresh_token
from tenantry.emulator.server import Emulator
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import DirectoryUser, Entitlement, Sighting, Tenant, UserSyncSettings

_PERSON = 2  # an emulated tenant's second person is nobody special


def connect(row: Connection, emulator: Emulator) -> None:
    """Give the connection the emulator's addresses a secret that it takes, and somebody who signed in."""
    now, given = timezone.now(), connection_to(emulator, name=row.name)
    given = replace(given, sign_in="app_and_user", settings={**given.settings, "graph": emulator.graph_url})
    edit_connection(connection_id=row.pk, given=given, actor=OPERATOR, now=now)
    replace_credential(
        connection_id=row.pk, credential=given.credential, expires_at=None, actor=OPERATOR, now=now
    )  # fmt: skip
    signed_in = Connection.objects.get(pk=row.pk)
    seal_refresh_token(signed_in, emulator.refresh_token(), now=now)
    signed_in.save()


def show_tenant_of(person_id: int, cast: Cast, emulator: Emulator) -> str:
    """Make the person of a directory, and the person's tenant, one that the emulator has; the tenant's id there."""
    now, company = timezone.now(), 0
    external_id = emulator.world.tenant_id(company)
    emulator.world.set_rights(external_id, role_granted=True, readable=True)
    emulator.microsoft.people.consent(external_id, granted=True)
    somebody = emulator.microsoft.people.staff.someone(company, _PERSON)
    person = DirectoryUser.objects.get(pk=person_id)
    DirectoryUser.objects.filter(pk=person_id).update(external_id=emulator.microsoft.people.user_id(somebody))
    Tenant.objects.filter(pk=person.tenant_id).update(external_id=external_id)
    Sighting.objects.create(
        connection=cast.connection, tenant_id=person.tenant_id, relationship="reseller", content_hash=uuid4(),
        first_seen_at=now,
    )  # fmt: skip
    with marketplace_scope(cast.northwind.pk):
        Entitlement.objects.update(user_sync_microsoft=True)
        UserSyncSettings.objects.update_or_create(
            marketplace=cast.northwind, provider="microsoft", defaults={"user_sync": True, "changed_at": now}
        )
    return external_id
