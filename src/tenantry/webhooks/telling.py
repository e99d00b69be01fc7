"""What the audit is told of endpoints: their host, never the whole address, whose path may be a secret."""

from datetime import datetime
from urllib.parse import urlsplit

from tenantry.audit.events import Actor, Happening, Target
from tenantry.audit.services import record_event
from tenantry.webhooks.models import Endpoint


def record_endpoint(
    endpoint: Endpoint, verb: str, *, actor: Actor, now: datetime, request_id: str = "", reason: str = "",
    **more: object,
) -> None:  # fmt: skip
    """Record ``webhooks.endpoint.<verb>``, with ``more`` about it."""
    happening = Happening(
        f"webhooks.endpoint.{verb}",
        Target("endpoint", str(endpoint.pk), endpoint.name),
        after={
            "host": urlsplit(endpoint.url).hostname,
            "events": list(endpoint.events),
            "personal": endpoint.personal,
            "state": str(endpoint.state),
            **more,
        },
        reason=reason,
    )
    record_event(happening, actor=actor, marketplace_id=endpoint.marketplace_id, now=now, request_id=request_id)
