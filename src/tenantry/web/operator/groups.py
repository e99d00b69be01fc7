"""Long forms in groups of fields, for ``operator/form.html``."""

from collections.abc import Sequence
from typing import Any

from django import forms

_ADVANCED = ("api", "authority", "graph", "ca_file")
_SECRETS = ("secret", "expires_on", "certificate", "private_key", "passphrase")


def grouped(form: forms.Form, groups: Sequence[tuple[str, str, Sequence[str]]]) -> list[dict[str, Any]]:
    """Return the form's fields in groups of (title, sentence, names); those that the form lacks are left out."""
    return [
        {"title": title, "sentence": sentence, "fields": [form[name] for name in names if name in form.fields]}
        for title, sentence, names in groups
        if any(name in form.fields for name in names)
    ]


def connection_groups(form: forms.Form) -> list[dict[str, Any]]:
    """Return the groups of a connection's form; other addresses are folded away unless they are set or wrong."""
    groups = grouped(
        form,
        [
            ("Partner", "", ("name", "cloud", "partner_tenant_id")),
            ("Application", "Registered in the partner's tenant, and added in the Partner Center under App management.",
             ("application_id", "application_kind", "sign_in")),
            ("Secret", "For a web application: a secret or a certificate. A native one has neither.", _SECRETS),
            ("Other addresses", "For the emulator or a proxy. Left empty, those of the cloud are used.", _ADVANCED),
        ],
    )  # fmt: skip
    last = groups[-1]
    last["folded"] = not any(field.value() or field.errors for field in last["fields"])
    return groups


def credential_groups(form: forms.Form) -> list[dict[str, Any]]:
    """Return the one group of a form for a secret or certificate."""
    return grouped(form, [("", "", _SECRETS)])
