"""What a provider's hint means: whom it is about, and what is to be read again. A hint never says what is true.

Words: docs/reference/partner-center.md sections 9.2 and 10. The lists grow; what is not known asks for nothing.
"""

import hashlib
import re
import uuid
from datetime import UTC, datetime, timedelta
from enum import StrEnum

# How old a notification may be. Microsoft repeats some of them for two days; what is older is a replay, or useless.
REPLAY_WINDOW = timedelta(days=3)
_CLOCKS_DIFFER = timedelta(minutes=10)
# The name of a hint that a provider pushed when people of a tenant changed. What changed, no push is asked.
PUSHED = "people_pushed"
# Pushes about a tenant cause one reading of its people in so long a time, however many come.
PUSH_WINDOW = timedelta(minutes=1)


class Wanted(StrEnum):
    """What a hint asks to be read again."""

    TENANT = "tenant"
    PEOPLE = "people"
    ACCESS = "access"
    NOTHING = "nothing"


_TENANT = frozenset(
    "add_customer update_customer_billing_profile update_customer_partner_contract_company_name "
    "update_customer_qualification update_company_info delete_customer remove_partner_customer_relationship "
    "extend_relationship reseller_relationship_accepted_by_customer "
    "indirect_reseller_relationship_accepted_by_customer".split()
)
_PEOPLE = frozenset(
    "create_customer_user update_customer_user update_customer_user_principal_name delete_customer_user "
    "restore_customer_user update_customer_user_licenses update_sfb_customer_user_licenses add_user_member "
    "remove_user_member".split()
) | {PUSHED}
_ACCESS = re.compile(r"granular_admin_(relationship|access_assignment)_\w+|dap_admin_relationship_\w+")
_IN_ADDRESS = re.compile(r"/customers/([0-9a-fA-F-]{36})(?:[/?#]|$)")


def wanted_by(name: str) -> Wanted:
    """Return what an audit record's operation, or a notification's event, asks for. ``-`` and ``_`` are the same."""
    plain = name.strip().lower().replace("-", "_")
    if plain in _TENANT:
        return Wanted.TENANT
    if plain in _PEOPLE:
        return Wanted.PEOPLE
    return Wanted.ACCESS if _ACCESS.fullmatch(plain) else Wanted.NOTHING


def push_window_ends(tenant_id: str, *, now: datetime) -> datetime:
    """Return when the window ends that ``now`` lies in; each tenant's windows begin at a time of their own.

    What reads people after that knows of every push in the window, so that one reading is enough for all of them.
    """
    seconds = int(PUSH_WINDOW.total_seconds())
    own = int.from_bytes(hashlib.sha256(tenant_id.encode()).digest()[:4]) % seconds
    begun = (int(now.timestamp()) - own) // seconds
    return datetime.fromtimestamp((begun + 1) * seconds + own, tz=UTC)


def tenant_named(text: object) -> str:
    """Return the tenant id in the text: the id itself, or in an address below ``/customers/``; empty for none."""
    if not isinstance(text, str):
        return ""
    found = _IN_ADDRESS.search(text)
    try:
        return str(uuid.UUID(found.group(1) if found else text.strip()))
    except ValueError:
        return ""


def is_timely(happened_at: datetime, *, now: datetime) -> bool:
    """Whether a notification is of an age at which it can be a first delivery."""
    return now - REPLAY_WINDOW <= happened_at <= now + _CLOCKS_DIFFER
