"""How a vendor's sign-in library talks HTTP: through our client, with our limits, log and certificates.

MSAL takes an object with ``post``, ``get`` and ``close`` (its ``http_client``). Left alone it would use
``requests``, whose ``REQUESTS_CA_BUNDLE`` wins over the connection's own certificate authority.
"""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tenantry.providers.errors import Fault, Malformed, Throttled, Unavailable
from tenantry.providers.http import Answer, HttpClient

_QUIET_WHEN_UNSAID = 30.0


@dataclass(frozen=True, slots=True)
class LoginAnswer:
    """An answer in the shape that MSAL expects. ``text`` has no byte-order mark."""

    status_code: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def raise_for_status(self) -> None:
        """Do nothing: what MSAL would raise here never reaches it, see :class:`LoginHttp`."""


class LoginHttp:
    """MSAL's ``http_client``. Answers that MSAL cannot tell apart are raised here, in our vocabulary.

    * 429: MSAL remembers it, sends nothing for a while and hides how long. We raise ``Throttled(after)``
      instead, and until then every call raises it again without sending anything.
    * 5xx, redirects: ``Unavailable``. * No JSON object: ``Malformed``; MSAL would log the whole text.

    Refusals (other 4xx) are handed to MSAL, which returns them as a dictionary. ``last`` is the last JSON
    object that came with a 4xx: MSAL forgets it when its discovery of a tenant fails.
    """

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._quiet_until = 0.0
        self.last: Mapping[str, object] = {}

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> LoginAnswer:
        """Send a form. Raises ``Throttled``, ``Unavailable``, ``Malformed``, ``Misconfigured``."""
        self._refuse_while_quiet()
        # MSAL writes a certificate's assertion as bytes, which httpx2 would send as Python shows bytes.
        form = {
            name: value.decode("ascii") if isinstance(value, bytes) else value for name, value in (data or {}).items()
        }
        return self._judged(self._client.send("POST", url, headers=headers, params=params, form=form))

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> LoginAnswer:
        """Read a discovery document. Raises like :meth:`post`."""
        self._refuse_while_quiet()
        return self._judged(self._client.send("GET", url, headers=headers, params=params))

    def close(self) -> None:
        """Do nothing: the client belongs to whoever made it."""

    def _refuse_while_quiet(self) -> None:
        with self._lock:
            left = self._quiet_until - time.monotonic()
        if left > 0:
            raise Throttled("The sign-in service asked us to wait; nothing was sent.", after=left, status=429)

    def _judged(self, answer: Answer) -> LoginAnswer:
        if answer.status == 429:  # noqa: PLR2004 (Too Many Requests)
            after = answer.retry_after if answer.retry_after is not None else _QUIET_WHEN_UNSAID
            with self._lock:
                self._quiet_until = max(self._quiet_until, time.monotonic() + after)
            raise Throttled("The sign-in service answers too many requests (429).", after=after, status=429)
        if answer.status >= 500:  # noqa: PLR2004 (server errors)
            raise Unavailable(f"The sign-in service failed: {answer.status} on {answer.where}.", status=answer.status)
        text = answer.body.decode("utf-8-sig", "replace")
        document = _json_object(text)
        if document is None or 300 <= answer.status < 400:  # noqa: PLR2004 (redirects)
            raise Malformed(
                f"The sign-in service did not answer with JSON ({answer.status} on {answer.where}); "
                "perhaps a proxy answered in its place.",
                where=answer.where,
                status=answer.status,
                fault=Fault.NETWORK,
            )
        if answer.status >= 400:  # noqa: PLR2004 (refusals)
            self.last = document
        return LoginAnswer(answer.status, text, answer.headers)


def _json_object(text: str) -> Mapping[str, object] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
