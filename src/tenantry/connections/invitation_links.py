"""The link with which a new customer accepts the partner's reseller relationship: read once, then kept.

Talks HTTP: never inside a transaction.
"""

from datetime import datetime

from django.db import transaction

from tenantry.connections.models import Connection
from tenantry.connections.sources import open_partner_center
from tenantry.providers.errors import AuthFailed, ConsentMissing, ProviderError

_INDIRECT = frozenset({"800039", "900149"})


class NoInvitationLink(Exception):
    """The link can't be had. The message says why in sentences, and what to do."""


def read_invitation_link(connection: Connection, *, now: datetime) -> str:
    """Ask the Partner Center for the link, keep it on the connection and return it.

    Raises :class:`NoInvitationLink`, also for an indirect reseller, who has no such link of its own.
    """
    try:
        with open_partner_center(connection) as source:
            link = source.relationship_link()
    except ProviderError as error:
        raise NoInvitationLink(_why(error)) from error
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        row.relationship_link, row.relationship_link_at = link, now
        row.save(update_fields=["relationship_link", "relationship_link_at"])
    return link


def _why(error: ProviderError) -> str:
    if error.code in _INDIRECT:
        return (
            "This is the account of an indirect reseller. Only direct-bill partners and indirect providers have an "
            "invitation link here: ask your indirect provider for theirs."
        )
    if isinstance(error, AuthFailed | ConsentMissing):
        return f"{error.message} An operator mends that on the connection's page."
    return f"{error.message} {error.next_step}"
