"""Plans Company Sync: which tenants become, change, leave or return as pending companies.

Pure: the same tenant and pending company always give the same change. Planning what was just applied
gives nothing (``tests/core/test_planning_companies.py`` proves it).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tenantry.core.tenants import Problem, Snapshot

# States in which a pending company still follows its tenant; the others are answers that stand.
_FOLLOWS = frozenset({"pending", "held", "ignored", "snoozed"})
_WITHDRAWS = frozenset({"pending", "held", "snoozed"})
_LABELS = {
    "name": "name",
    "country": "country",
    "domain": "primary domain",
    "contact_name": "contact's name",
    "contact_email": "contact's e-mail",
    "problems": "problems",
}


class ChangeKind(StrEnum):
    """What a change does to a pending company. ``CREATE`` is planned by ``planning.creation``, the others here."""

    ADD = "pending.add"
    UPDATE = "pending.update"
    WITHDRAW = "pending.withdraw"
    RETURN = "pending.return"
    LINKED = "pending.linked"
    CREATE = "company.create"


@dataclass(frozen=True, slots=True)
class TenantView:
    """A tenant as one marketplace may see it.

    ``live``: a feed of the marketplace carries it and it is a reseller customer. ``absence`` says in a
    sentence why it is not. ``linked``: a company of the marketplace already stands for it.
    """

    tenant_id: int
    external_id: str
    snapshot: Snapshot
    live: bool
    linked: bool = False
    absence: str = ""


@dataclass(frozen=True, slots=True)
class PendingView:
    """The pending company of a tenant as it is now."""

    state: str
    snapshot: Snapshot

    def as_json(self) -> dict[str, Any]:
        """Return state and snapshot as one JSON object: the *before* or *after* of a change."""
        return {"state": self.state, **self.snapshot.as_json()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "PendingView":
        """Read what :meth:`as_json` wrote."""
        return cls(state=value["state"], snapshot=Snapshot.from_json(value))


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One step: ``before`` is what must still be true when it is applied, ``after`` what it makes true."""

    tenant_id: int
    external_id: str
    kind: ChangeKind
    before: PendingView | None
    after: PendingView
    reason: str


def plan_companies(pairs: Iterable[tuple[TenantView, PendingView | None]]) -> Iterator[PlannedChange]:
    """Yield the changes that bring each pending company up to its tenant."""
    for tenant, pending in pairs:
        change = plan_company(tenant, pending)
        if change is not None:
            yield change


def plan_company(tenant: TenantView, pending: PendingView | None) -> PlannedChange | None:
    """Return the change for one tenant, or ``None`` when there is nothing to do."""
    if pending is None:
        if tenant.linked or not tenant.live:
            return None
        return _change(tenant, None, "pending", ChangeKind.ADD, "Customer tenant that no company here is linked to.")
    if tenant.linked:
        leaves = pending.state in _FOLLOWS
        reason = "A company here is linked to this tenant."
        return _change(tenant, pending, "linked", ChangeKind.LINKED, reason) if leaves else None
    if not tenant.live:
        leaves = pending.state in _WITHDRAWS
        return _change(tenant, pending, "withdrawn", ChangeKind.WITHDRAW, tenant.absence) if leaves else None
    return _change_of_live(tenant, pending)


def _change_of_live(tenant: TenantView, pending: PendingView) -> PlannedChange | None:
    if pending.state == "withdrawn":
        return _change(tenant, pending, "pending", ChangeKind.RETURN, "The reseller relationship is back.")
    if pending.state in _FOLLOWS and pending.snapshot != tenant.snapshot:
        reason = update_reason(pending.snapshot, tenant.snapshot)
        return _change(tenant, pending, pending.state, ChangeKind.UPDATE, reason)
    return None


def _change(
    tenant: TenantView, pending: PendingView | None, state: str, kind: ChangeKind, reason: str
) -> PlannedChange:
    # What leaves keeps the words it was last known by: a tenant that ended may show nothing any more.
    leaves = kind in {ChangeKind.WITHDRAW, ChangeKind.LINKED} and pending is not None
    snapshot = pending.snapshot if leaves and pending is not None else tenant.snapshot
    return PlannedChange(tenant.tenant_id, tenant.external_id, kind, pending, PendingView(state, snapshot), reason)


def update_reason(before: Snapshot, after: Snapshot) -> str:
    """Say in a sentence what differs."""
    unread = Problem.DETAILS_NOT_READ.value
    if unread in before.problems and unread not in after.problems:
        return "Details were read from the provider."
    labels = [label for field, label in _LABELS.items() if getattr(before, field) != getattr(after, field)]
    listed = labels[0] if len(labels) == 1 else ", ".join(labels[:-1]) + " and " + labels[-1]
    return f"Changed at the provider: {listed}."
