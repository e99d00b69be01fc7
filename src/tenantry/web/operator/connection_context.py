"""The context of the page of one connection (``operator/connection.html``)."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from tenantry.connections.models import ApplicationKind, Connection, GoogleDiscovery, Provider, SignIn
from tenantry.connections.probing import last_test
from tenantry.core.consent import SIGN_IN_LASTS
from tenantry.sync.observe.states import fed_marketplaces, state_of, tenants_seen
from tenantry.web.access import OperatorVisit
from tenantry.web.operator.connection_hints import hint_context, push_context
from tenantry.web.operator.connections import connection_row, consent_rows
from tenantry.web.operator.words import test_rows


def connection_context(row: Connection, visit: OperatorVisit) -> dict[str, Any]:
    """Return everything that the page needs. Nothing of a secret but whether there is one, and when it ends."""
    places = {place.marketplace_id: place.name for place in visit.presence.workplaces}
    feeds = [feed for feed in fed_marketplaces() if feed.connection_id == row.pk]
    native = row.application_kind == ApplicationKind.NATIVE
    google = row.provider == Provider.GOOGLE
    return {
        "connection": {
            **connection_row(state_of(row)),
            "enabled": row.enabled,
            "tenants": tenants_seen([row]).get(row.pk, 0),
        },
        "facts": _google_facts(row) if google else _facts(row),
        "warnings": _warnings(row, consent_rows(row, now=visit.now)),
        "google": google,
        "tests": test_rows(last_test(row)),
        "tested_at": row.tested_at,
        "has_secret": row.sealed_secret is not None,
        "takes_secret": not native,
        "signs_in": row.sign_in == SignIn.APP_AND_USER or native,
        "hints": hint_context(row),
        "pushes": push_context(row),
        "feeds": [
            {
                "name": places.get(feed.marketplace_id, ""),
                "syncing": feed.syncing,
                "url": reverse("web:operator-marketplace", args=[feed.marketplace_id]),
            }
            for feed in feeds
        ],
        "urls": {
            name: reverse(f"web:operator-connection-{name}", args=[row.pk])
            for name in ("edit", "secret", "test", "switch", "hints")
        }
        | {"sign_in": reverse("web:operator-sign-in", args=[row.pk])},
    }


def _google_facts(row: Connection) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = [
        {"label": "Mode", "value": row.get_discovery_display(), "missing": "not chosen"},
        {"label": "Administrator to speak for", "value": row.subject},
        {"label": "Service account", "value": row.service_account},
        {"label": "Client ID, for delegation", "value": row.service_account_id, "kind": "id"},
        {"label": "Key", "value": "sealed" if row.sealed_secret else "", "missing": "none",
         "as_of": row.secret_changed_at},
    ]  # fmt: skip
    if row.discovery != GoogleDiscovery.OWN:
        facts.insert(1, {"label": "Reseller account ID", "value": row.partner_tenant_id, "kind": "id",
                         "missing": "not given"})  # fmt: skip
    return [*facts, *_places(row, ("google", "ca_file"))]


def _places(row: Connection, names: Sequence[str]) -> list[dict[str, Any]]:
    places = [f"{name}: {row.settings[name]}" for name in names if row.settings.get(name)]
    return [{"label": "Other addresses", "value": places, "kind": "lines"}] if places else []


def _facts(row: Connection) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = [
        {"label": "Partner tenant ID", "value": row.partner_tenant_id, "kind": "id"},
        {"label": "Cloud", "value": row.cloud.replace("_", " ")},
        {"label": "Application ID", "value": row.application_id, "kind": "id"},
        {"label": "Kind of application", "value": row.get_application_kind_display()},
        {"label": "Signs in", "value": row.get_sign_in_display()},
    ]
    if row.application_kind != ApplicationKind.NATIVE:
        facts.append({"label": "Secret", "value": "sealed" if row.sealed_secret else "", "missing": "none",
                      "as_of": row.secret_changed_at})  # fmt: skip
    if row.sealed_secret:
        ends = f"{row.secret_expires_at:%d %b %Y}" if row.secret_expires_at else ""
        label = "Certificate ends" if row.credential_kind == "certificate" else "Secret ends"
        facts.append({"label": label, "value": ends, "missing": "not known: give the date when you replace it"})
    if row.sealed_refresh_token or row.sign_in == SignIn.APP_AND_USER:
        facts.append(
            {"label": "Signed in", "value": _signed_in(row), "missing": "nobody yet", "as_of": row.signed_in_at}
        )
    if row.sealed_refresh_token and row.refresh_token_at:
        ends_at = row.refresh_token_at + SIGN_IN_LASTS
        facts.append({"label": "Ends if unused until", "value": f"{ends_at:%d %b %Y}"})
    if row.delegations_tried_at:
        facts.append({"label": "Delegated administration", "value": "read" if not row.delegations_problem else "",
                      "missing": row.delegations_problem, "as_of": row.delegations_read_at})  # fmt: skip
    return [*facts, *_places(row, ("api", "authority", "graph", "ca_file"))]


def _signed_in(row: Connection) -> str:
    return (row.signed_in_as or "somebody, from the command line") if row.sealed_refresh_token else ""


def _warnings(row: Connection, consent: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return what is missing on the connection, then what ends. Missing permissions stand in their own list."""
    found = []
    if row.sign_in == SignIn.APP_AND_USER and not row.sealed_refresh_token:
        found.append(("wait", "Nobody has signed in", "It signs in for a person: sign in as a member of Admin Agents."))
    elif row.application_kind == ApplicationKind.WEB and not row.sealed_secret:
        found.append(("wait", "There is no secret", "A web application needs a secret or a certificate: give it one."))
    missing = [{"tone": tone, "title": title, "sentence": sentence} for tone, title, sentence in found]
    return [*missing, *(each for each in consent if not each["title"].startswith("A permission"))]
