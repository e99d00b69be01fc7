"""How people came into the marketplace through a sync, in words. In the marketplace's scope."""

from collections.abc import Iterable

from tenantry.connections.models import Provider
from tenantry.marketplace.models import CompanyOrigin, User
from tenantry.sync.models import LinkMaker, UserLink


def origins_in_words(users: Iterable[User]) -> dict[int, str]:
    """Return where each of these people came from, by primary key; whom User Sync made with the provider. One query.

    Company Sync brings people, too: a tenant's primary contact. Whoever no directory brought came in that way.
    """
    some = list(users)
    synced = [user.pk for user in some if user.origin == CompanyOrigin.SYNC]
    made: dict[int, str] = {}
    if synced:
        links = UserLink.objects.filter(user_id__in=synced, made_by=LinkMaker.CREATED).order_by("user_id", "-id")
        made = dict(links.values_list("user_id", "tenant__provider"))  # of several the first one stays
    return {
        user.pk: f"User Sync, {Provider(made[user.pk]).label}" if user.pk in made else user.get_origin_display()
        for user in some
    }
