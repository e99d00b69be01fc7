"""What a pending company's list and file say of the delegated administration (GDAP) of its tenant."""

from datetime import datetime
from typing import Any

from tenantry.sync.delegations import administration_of
from tenantry.sync.models import PendingCompany, Sighting

_TONES = {"active": "good", "lacks a role": "wait", "waits for the customer": "wait", "ended": "bad"}


def administration(pending: PendingCompany, sighting: Sighting | None, *, now: datetime) -> dict[str, Any]:
    """Return it as last read, else what the details of the tenant say of it.

    ``word`` ("" while not known), ``tone``, ``ends`` (a moment or ``None``) and ``is_over``. Reads ``tenant``.
    """
    if sighting is not None and sighting.delegation_read_at is not None:
        found = administration_of(sighting, now=now)
        return {
            "word": "waiting" if found.word == "waits for the customer" else found.word,
            "tone": _TONES.get(found.word, "off"),
            "ends": found.ends_at if found.word != "none" else None,
            "is_over": found.word == "ended",
        }
    word = {True: "given", False: "not given", None: ""}[pending.tenant.delegated_admin]
    return {"word": word, "tone": "good" if word == "given" else "off", "ends": None, "is_over": False}
