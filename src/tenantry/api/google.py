"""Google connections, for operators: a new one, its settings, its key."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from pydantic import Field

from tenantry.api.areas import Area, Call, Place, Reply
from tenantry.api.connections_shapes import ConnectionTold
from tenantry.api.shapes import Given, Id, one_of
from tenantry.connections.google_services import (
    GoogleConnection,
    create_google_connection,
    edit_google_connection,
    replace_key,
)
from tenantry.connections.models import Connection, GoogleDiscovery, Provider
from tenantry.core.permissions import Action
from tenantry.sync.observe.states import state_of

area = Area("Installation", place=Place.INSTALLATION)
_RUN = Action.RUN_INSTALLATION
_PLACES = ("google", "ca_file")
_LONGEST_KEY = 64 * 1024


class GoogleFields(Given):
    """The settings of a Google connection."""

    name: str = Field(min_length=1, max_length=120)
    discovery: str = one_of(GoogleDiscovery.values, ..., "How it finds its customers.")
    subject: str = Field(min_length=1, max_length=254, description="The administrator that it speaks for.")
    account_id: str = Field("", max_length=60, description="The reseller's own customer id.")
    google: str = Field("", max_length=300)
    ca_file: str = Field("", max_length=400)

    def given(self, kept: Mapping[str, Any], key: str = "") -> GoogleConnection:
        """Return what was given; ``kept`` are settings of the connection that a call does not know."""
        places = {name: getattr(self, name).strip() for name in _PLACES}
        others = {name: value for name, value in kept.items() if name not in _PLACES}
        return GoogleConnection(
            name=self.name, discovery=self.discovery, subject=self.subject, account_id=self.account_id,
            settings=others | {name: value for name, value in places.items() if value}, key=key,
        )  # fmt: skip


class GoogleKeyGiven(Given):
    """The JSON of a service account's key, as text. It is sealed at once and never shown again."""

    key: str = Field(min_length=1, max_length=_LONGEST_KEY)


class NewGoogle(GoogleFields):
    """A new connection with its key."""

    key: str = Field(min_length=1, max_length=_LONGEST_KEY)


def _google(pk: int) -> Connection:
    row = Connection.objects.filter(pk=pk, provider=Provider.GOOGLE).first()
    if row is None:
        raise Http404
    return row


def _told(pk: int) -> ConnectionTold:
    return ConnectionTold.of(state_of(_google(pk)))


@area.post("/installation/google-connections", _RUN, ConnectionTold, status=201, refuses=True)
def add_google_connection(call: Call, given: NewGoogle) -> Reply:
    """Make a Google connection."""
    made = create_google_connection(given.given({}, given.key), actor=call.actor, now=call.caller.now)
    return Reply(_told(made.pk), location=f"/api/v1/installation/connections/{made.pk}")


@area.put("/installation/google-connections/{int:pk}", _RUN, ConnectionTold, refuses=True)
def change_google_connection(call: Call, pk: Id, given: GoogleFields) -> ConnectionTold:
    """Change the settings of a Google connection; the key stays."""
    wanted = given.given(_google(pk).settings)
    edit_google_connection(connection_id=pk, given=wanted, actor=call.actor, now=call.caller.now)
    return _told(pk)


@area.put("/installation/google-connections/{int:pk}/key", _RUN, ConnectionTold, refuses=True)
def replace_google_key(call: Call, pk: Id, given: GoogleKeyGiven) -> ConnectionTold:
    """Put another key in place of the one that is there."""
    _google(pk)
    replace_key(connection_id=pk, key=given.key, actor=call.actor, now=call.caller.now)
    return _told(pk)
