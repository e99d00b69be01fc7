"""Asks the queue to deliver."""

from tenantry import jobs

_TASK = "tenantry.webhooks.tasks.deliver"


def enqueue_delivering(marketplace_id: int, endpoint_id: int) -> None:
    """Have what is due for an endpoint delivered, once the running transaction is committed."""
    jobs.defer(
        _TASK, lock=f"webhooks-{endpoint_id}", looked_for=True, marketplace_id=marketplace_id, endpoint_id=endpoint_id
    )
