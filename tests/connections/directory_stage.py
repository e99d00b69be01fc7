"""Connections to an emulator of both providers, as the operator would have saved them."""

import uuid
from datetime import datetime
from typing import Any

from tenantry.connections import kept
from tenantry.connections.models import Connection
from tenantry.connections.secrets import seal_credential, seal_refresh_token
from tenantry.emulator.server import Emulator


def microsoft_connection(emulator: Emulator, now: datetime, *, signed_in: bool = True, **settings: Any) -> Connection:
    row = Connection(
        uid=uuid.uuid4(), name=f"Partner {uuid.uuid4().hex[:6]}", provider="microsoft", created_at=now,
        partner_tenant_id=emulator.partner_tenant_id, application_id=emulator.web_application.client_id,
        application_kind="web",
        settings={
            "api": emulator.api_url, "authority": emulator.login_url, "graph": emulator.graph_url,
            "ca_file": str(emulator.ca_file), **settings,
        },
    )  # fmt: skip
    seal_credential(row, {"secret": emulator.web_application.secret}, now=now)
    if signed_in:
        row.sign_in = "app_and_user"
        seal_refresh_token(row, emulator.refresh_token(), now=now)
    row.save()
    return row


def google_connection(emulator: Emulator, now: datetime, discovery: str = "reseller", subject: str = "") -> Connection:
    google = emulator.google
    row = Connection(
        uid=uuid.uuid4(), name=f"Google {uuid.uuid4().hex[:6]}", provider="google", created_at=now,
        partner_tenant_id="" if discovery == "own" else google.account_id, discovery=discovery,
        subject=subject or google.subject, service_account=google.service_account.client_email,
        service_account_id=google.service_account.client_id, settings={"google": emulator.google_url},
    )  # fmt: skip
    seal_credential(row, {"service_account": google.service_account.key_file(google.signin.url)}, now=now)
    row.save()
    return row


def close_kept() -> None:
    """Close what this process keeps of the connections that it opened."""
    while kept._opened:  # noqa: SLF001  # what is kept in the process shows nowhere else
        kept._opened.popitem()[1].http.close()  # noqa: SLF001  # the same
