"""The failure vocabulary: every way in which a provider can fail us, each with whose fault and what next.

Nothing else leaves a provider client. Messages are sentences for an operator and never hold a token,
a secret or a response body beyond a short excerpt of its description.
"""

from enum import StrEnum


class Fault(StrEnum):
    """Whose fault a failure is, for pages and logs."""

    OURS = "ours"
    CONFIGURATION = "the connection's configuration"
    PROVIDER = "the provider's"
    NETWORK = "the network's"


class ProviderError(Exception):
    """Base of the vocabulary.

    ``fault`` says whose it is, ``next_step`` what to do about it (a sentence), ``retryable`` whether the
    same call may succeed later with nothing changed by a person, ``stops_run`` whether every other call of
    the same connection would fail alike until a person acts (a run ends there; without it only this row or
    page is concerned). ``request_id`` and ``correlation_id`` are the provider's ids that its support asks
    for; ``code`` its own error code, if it gave one.
    """

    fault: Fault = Fault.PROVIDER
    retryable: bool = False
    stops_run: bool = False
    next_step: str = "Look at the connection's page; the provider's answer is shown there."

    def __init__(
        self,
        message: str,
        *,
        next_step: str | None = None,
        fault: Fault | None = None,
        retryable: bool | None = None,
        stops_run: bool | None = None,
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        correlation_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id
        self.correlation_id = correlation_id
        if next_step is not None:
            self.next_step = next_step
        if fault is not None:
            self.fault = fault
        if retryable is not None:
            self.retryable = retryable
        if stops_run is not None:
            self.stops_run = stops_run


class Misconfigured(ProviderError):
    """A setting of the connection cannot be used, and nothing was sent: an address, a key, a file."""

    fault = Fault.CONFIGURATION
    stops_run = True
    next_step = "Correct the setting that is named, then test the connection again."


class AuthFailed(ProviderError):
    """The sign-in itself failed: wrong secret, expired certificate or refresh token, wrong application."""

    fault = Fault.CONFIGURATION
    stops_run = True
    next_step = "Run `tenantry connect microsoft` again, or renew the secret on the connection."


class ConsentMissing(ProviderError):
    """Signed in, but a permission is missing. ``permission`` names it in the provider's words."""

    fault = Fault.CONFIGURATION
    next_step = "Grant the permission that is named, then test the connection again."

    def __init__(self, message: str, *, permission: str, **extra: object) -> None:
        super().__init__(message, **extra)  # type: ignore[arg-type]  # forwarded keywords of ProviderError
        self.permission = permission


class Throttled(ProviderError):
    """Too many requests. ``after`` is how many seconds the provider asked us to wait."""

    retryable = True
    next_step = "Nothing: the sync waits and goes on by itself."

    def __init__(self, message: str, *, after: float, **extra: object) -> None:
        super().__init__(message, **extra)  # type: ignore[arg-type]  # forwarded keywords of ProviderError
        self.after = after


class NotFound(ProviderError):
    """The object is not there, or no longer ours to see (an ended relationship answers like this)."""

    next_step = "Nothing: a tenant that stays away is shown as withdrawn after two complete listings."


class Conflict(ProviderError):
    """The object changed under us, or is being changed by somebody else."""

    retryable = True
    next_step = "Nothing: it is read again and retried."


class Unavailable(ProviderError):
    """No usable answer: the provider is down, too slow, or cannot be reached."""

    retryable = True
    next_step = "Nothing: the sync retries by itself and goes on from where it stopped."


class Malformed(ProviderError):
    """An answer that cannot be understood. ``where`` names the request and the place in its answer."""

    retryable = True
    next_step = "Nothing at first: it is retried. If it stays, report the request id to the provider."

    def __init__(self, message: str, *, where: str, **extra: object) -> None:
        super().__init__(message, **extra)  # type: ignore[arg-type]  # forwarded keywords of ProviderError
        self.where = where


class CursorExpired(ProviderError):
    """The provider no longer accepts the position in a listing.

    Start the listing over, and discard its claim to completeness.
    """

    retryable = True
    next_step = "Nothing: the listing starts over."
