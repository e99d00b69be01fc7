"""The marketplace in whose name the running code reads and writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

_current: ContextVar[int | None] = ContextVar("tenantry_marketplace", default=None)


class OutsideScope(Exception):
    """A marketplace's table was touched outside ``marketplace_scope``, or one scope inside another."""


def current_marketplace_id() -> int:
    """Return the marketplace of the running scope. Raises :class:`OutsideScope` when there is none."""
    marketplace_id = _current.get()
    if marketplace_id is None:
        raise OutsideScope("This needs a marketplace: open marketplace_scope(marketplace_id) around it.")
    return marketplace_id


def may_open_scope(marketplace_id: int) -> bool:
    """Whether the scope of this marketplace can be opened now: inside of none, or of itself."""
    return _current.get() in {None, marketplace_id}


@contextmanager
def marketplace_scope(marketplace_id: int) -> Iterator[None]:
    """Run the block in one transaction that sees one marketplace only.

    The database setting lives as long as the transaction, so a connection that is handed on carries
    nothing over. Opening the same scope again inside is free; another one raises :class:`OutsideScope`.
    """
    already = _current.get()
    if already == marketplace_id:
        yield
        return
    if already is not None:
        raise OutsideScope(f"Inside the scope of marketplace {already}, that of {marketplace_id} was opened.")
    inside_transaction = connection.in_atomic_block
    with transaction.atomic():
        _set(str(int(marketplace_id)))
        token = _current.set(marketplace_id)
        try:
            yield
        finally:
            _current.reset(token)
        if inside_transaction:  # it goes on without the scope; a rollback takes the setting back by itself
            _set("")


def _set(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('tenantry.marketplace', %s, true)", [value])
