"""Asking Google to tell when people of a customer change: ``users.watch`` and ``channels.stop``.

Source: docs/reference/google-directory.md section 6. A channel has no renewal: another is opened before it ends.
"""

from datetime import UTC, datetime
from typing import Any, Final

from tenantry.providers.base import OpenedPush, WantedPush
from tenantry.providers.errors import Malformed, NotFound
from tenantry.providers.google.answers import Call
from tenantry.providers.google.calls import Calls
from tenantry.providers.google.mapping import customer_id_of
from tenantry.providers.texts import text_of

_WATCH: Final = "/admin/directory/v1/users/watch"
_STOP: Final = "/admin/directory_v1/channels/stop"  # an underscore, unlike everything else
_LONGEST: Final = 255


class Channels:
    """Opens and stops channels for one connection."""

    def __init__(self, calls: Calls, users: Call) -> None:
        self._calls = calls
        self._users = users

    def open(self, customer_id: str, wanted: WantedPush) -> OpenedPush:
        """Open a channel about the people of a customer. Its first message may come before this returns.

        Google may end it sooner than wanted: believe ``until``. Raises any ``ProviderError``.
        """
        body = {
            "id": wanted.name, "type": "web_hook", "address": wanted.address, "token": wanted.secret,
            "expiration": str(int(wanted.until.timestamp() * 1000)),
        }  # fmt: skip
        # No event is named: all of them are wanted.
        value = self._calls.post(self._users, _WATCH, body, params={"customer": customer_id_of(customer_id)})
        return _opened(value, wanted)

    def stop(self, name: str, resource: str) -> None:
        """Stop a channel. One that is over already is no error. Raises any ``ProviderError``."""
        try:
            self._calls.post(self._users, _STOP, {"id": name, "resourceId": resource})
        except NotFound:
            return


def _opened(value: Any, wanted: WantedPush) -> OpenedPush:
    found = value if isinstance(value, dict) else {}
    resource, ends = text_of(found.get("resourceId")), found.get("expiration")
    # An int64 is a text by the schema, a number in the guide's sample.
    digits = str(ends) if isinstance(ends, int | str) and not isinstance(ends, bool) else ""
    if found.get("id") != wanted.name or not 0 < len(resource) <= _LONGEST or not _is_moment(digits):
        raise Malformed("Google's answer does not say which channel was opened, or until when.", where="users.watch")
    return OpenedPush(resource, datetime.fromtimestamp(int(digits) / 1000, tz=UTC))


def _is_moment(digits: str) -> bool:
    # Milliseconds: thirteen digits are 2001 to 2286.
    return digits.isascii() and digits.isdigit() and len(digits) == 13  # noqa: PLR2004
