"""Everything in the database that is sealed with the key ring: where it is, whether it opens, sealing it anew.

A test compares :func:`all_sealed` with the tables: what is not here would be lost when old keys are dropped.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet

from tenantry.sealing import CannotUnseal, KeyRing, load_key_ring

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed column. ``rows`` are those that may hold one; ``place`` is what a row's value is bound to.

    ``scope`` opens the marketplace that the rows belong to. ``mark``: it is no value, but signed with the ring.
    """

    model: type[Model]
    column: str
    rows: Callable[[], "QuerySet[Any]"]
    place: Callable[[Any], str]
    scope: Callable[[], AbstractContextManager[Any]] = nullcontext

    @property
    def name(self) -> str:
        """The column with its table, as people read it."""
        return f"{self.model._meta.db_table}.{self.column}"  # noqa: SLF001  # Django documents _meta as public

    def values(self, row: Any) -> Iterator[tuple[str, bytes]]:
        """Yield the row's sealed values, each with the key under which it is kept (empty: the column itself)."""
        value = getattr(row, self.column)
        if value is not None:
            yield "", bytes(value)

    def put(self, row: Any, fresh: dict[str, bytes]) -> None:
        """Put values that were sealed anew into the unsaved row."""
        setattr(row, self.column, fresh[""])


class SealedInJson(Sealed):
    """Second factors: allauth keeps what it encrypts as texts in an object, single or in lists."""

    __slots__ = ()

    def values(self, row: Any) -> Iterator[tuple[str, bytes]]:
        """Yield what of the object is sealed."""
        import base64

        for key in ("secret", "seed"):
            if row.data.get(key):
                yield key, base64.b64decode(row.data[key])

    def put(self, row: Any, fresh: dict[str, bytes]) -> None:
        """Put the values back as texts."""
        import base64

        row.data = row.data | {key: base64.b64encode(value).decode("ascii") for key, value in fresh.items()}


def all_sealed() -> list[Sealed]:
    """Return every sealed column of the installation, those of marketplaces once for each."""
    from allauth.mfa.models import Authenticator

    from tenantry.accounts.second_factor import PLACE
    from tenantry.audit.models import INSTALLATION, PersonKey
    from tenantry.audit.services import key_place
    from tenantry.audit.verifying import scope_of
    from tenantry.connections.models import Connection
    from tenantry.connections.secrets import place_of
    from tenantry.marketplace.queries import every_marketplace_id
    from tenantry.webhooks.keeping import place_of_endpoint
    from tenantry.webhooks.models import Endpoint

    found: list[Sealed] = [SealedInJson(Authenticator, "data", Authenticator.objects.all, lambda _row: PLACE)]
    found += [_of_connection(Connection, column, place_of) for column in _connection_columns(Connection)]
    for marketplace_id in (INSTALLATION, *every_marketplace_id()):
        scope = _scope(scope_of, marketplace_id)
        rows = _of_marketplace(PersonKey, marketplace_id)
        found.append(
            Sealed(PersonKey, "sealed_key", rows, lambda row: key_place(row.marketplace_id, row.subject), scope)
        )
        kept = apps.get_model("api", "StoredAnswer")  # by name: the interfaces do not know each other
        found.append(Sealed(kept, "sealed_body", _of_marketplace(kept, marketplace_id), lambda row: row.place, scope))
        if marketplace_id != INSTALLATION:
            found += [
                Sealed(Endpoint, column, Endpoint.objects.all, lambda row: place_of_endpoint(row.uid), scope)
                for column in ("sealed_secret", "sealed_previous_secret")
            ]
    return found


def _connection_columns(model: type[Model]) -> list[str]:
    return [field.name for field in model._meta.fields if field.name.startswith("sealed_")]  # noqa: SLF001  # public


def _of_connection(model: Any, column: str, place_of: Callable[[Any, str], str]) -> Sealed:
    # The fallback of a rotated sign-in is bound to the place of the sign-in: the one becomes the other.
    bound = "sealed_refresh_token" if column == "sealed_previous_refresh_token" else column
    return Sealed(model, column, model.objects.all, lambda row: place_of(row, bound))


def _scope(scope_of: Callable[[int], Any], marketplace_id: int) -> Callable[[], Any]:
    return lambda: scope_of(marketplace_id)


def _of_marketplace(model: Any, marketplace_id: int) -> Callable[[], Any]:
    return lambda: model.objects.filter(marketplace_id=marketplace_id)


def reseal_all(*, told: Callable[[str, int], None]) -> int:
    """Seal with the current key what another one sealed; return how many values. Killed, it goes on when repeated.

    ``told`` hears each column and how many of its values were sealed anew. Raises ``CannotUnseal``.
    """
    ring, count = load_key_ring(settings.KEYS_FOLDER), 0
    for sealed in all_sealed():
        here = _reseal_column(sealed, ring)
        if here:
            told(sealed.name, here)
        count += here
    return count


def _reseal_column(sealed: Sealed, ring: KeyRing) -> int:
    count, after = 0, 0
    while True:
        with sealed.scope(), transaction.atomic():
            rows = list(sealed.rows().select_for_update().filter(pk__gt=after).order_by("pk")[:_BATCH])
            if not rows:
                return count
            after = rows[-1].pk
            count += sum(_reseal_row(sealed, row, ring) for row in rows)


def _reseal_row(sealed: Sealed, row: Any, ring: KeyRing) -> int:
    place, fresh = sealed.place(row), dict[str, bytes]()
    for key, value in sealed.values(row):
        anew = ring.resealed(value, place=place)
        if anew is not None:
            fresh[key] = anew
    if fresh:
        sealed.put(row, fresh)
        row.save(update_fields=[sealed.column])
    return len(fresh)


def keys_in_use() -> set[str]:
    """Return the names of the keys with which something is sealed."""
    ring = load_key_ring(settings.KEYS_FOLDER)
    return {ring.key_of(value) for _, _, value in _everything()}


def places_that_do_not_open() -> int:
    """Return how many sealed values do not open with the keys that are here."""
    ring, closed = load_key_ring(settings.KEYS_FOLDER), 0
    for sealed, row, value in _everything():
        try:
            ring.unseal(value, place=sealed.place(row))
        except CannotUnseal:
            closed += 1
    return closed


def _everything() -> Iterator[tuple[Sealed, Any, bytes]]:
    for sealed in all_sealed():
        with sealed.scope(), transaction.atomic():
            for row in sealed.rows().order_by("pk").iterator(_BATCH):
                for _, value in sealed.values(row):
                    yield sealed, row, value
