"""What the operator's pages send about a Google connection."""

from typing import Any

from django import forms

from tenantry.connections.google_services import GoogleConnection
from tenantry.connections.models import Connection, GoogleDiscovery
from tenantry.web.operator.groups import grouped

_MODES = [
    ("", "Choose…"),
    (GoogleDiscovery.RESELLER.value, "Reseller: customers are found through the Reseller API"),
    (GoogleDiscovery.CHANNEL.value, "Reseller: customers are found through Cloud Channel"),
    (GoogleDiscovery.OWN.value, "Direct: one customer, whose own administrator granted access"),
]
_KEY_BYTES = 64 * 1024


class _KeyFile(forms.FileField):
    """The JSON file of a service account's key."""

    def clean(self, data: Any, initial: Any = None) -> str:
        """Return its text, empty when none was given. Raises ``ValidationError``."""
        file = super().clean(data, initial)
        if not file:
            return ""
        if file.size > _KEY_BYTES:
            raise forms.ValidationError("This file is too large to be a key.")
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError("This is no JSON file: it holds more than text.") from error


class GoogleKeyForm(forms.Form):
    """A service account's key. The one that is there is never sent to the browser."""

    key = _KeyFile(
        label="Key file of the service account",
        help_text="The JSON file that the Google Cloud console gave. It is sealed at once and never shown again.",
    )


class GoogleConnectionForm(forms.Form):
    """The settings of a Google connection."""

    name = forms.CharField(max_length=120, help_text="As operators and managers see it.")
    discovery = forms.ChoiceField(choices=_MODES, label="Mode")
    subject = forms.CharField(
        max_length=254, label="Administrator to speak for",
        help_text="The address of an administrator of the reseller (direct: of the customer) in the Admin console.",
    )  # fmt: skip
    account_id = forms.CharField(
        required=False, max_length=60, label="Reseller account ID",
        help_text="Your own customer ID, such as C0abc12de: Admin console, Account, Account settings. Cloud Channel "
        "needs it; direct mode has none.",
    )  # fmt: skip
    google = forms.CharField(required=False, max_length=300, label="Address of Google's services")
    ca_file = forms.CharField(
        required=False, max_length=400, label="Certificate authority to trust",
        help_text="A PEM file on the server that Tenantry runs on.",
    )  # fmt: skip

    @staticmethod
    def initial_of(connection: Connection) -> dict[str, Any]:
        """Return what the form shows of a connection that is there."""
        places = {name: connection.settings.get(name, "") for name in ("google", "ca_file")}
        names = {name: getattr(connection, name) for name in ("name", "discovery", "subject")}
        return {**names, "account_id": connection.partner_tenant_id, **places}

    def given(self, kept: dict[str, Any], key: str = "") -> GoogleConnection:
        """Return what was given; ``kept`` are settings of the connection that the form does not know."""
        data = self.cleaned_data
        places = {name: data[name].strip() for name in ("google", "ca_file")}
        others = {name: value for name, value in kept.items() if name not in places}
        return GoogleConnection(
            name=data["name"], discovery=data["discovery"], subject=data["subject"], account_id=data["account_id"],
            settings=others | {name: value for name, value in places.items() if value}, key=key,
        )  # fmt: skip


class NewGoogleConnectionForm(GoogleKeyForm, GoogleConnectionForm):
    """A new connection with its key."""


def google_groups(form: forms.Form) -> list[dict[str, Any]]:
    """Return the groups of the form; other addresses are folded away unless they are set or wrong."""
    groups = grouped(
        form,
        [
            ("Customers", "", ("name", "discovery", "account_id")),
            ("Sign-in", "A service account signs in, and speaks for an administrator.", ("key", "subject")),
            ("Other addresses", "For the emulator or a proxy. Left empty, Google's are used.", ("google", "ca_file")),
        ],
    )  # fmt: skip
    groups[-1]["folded"] = not any(field.value() or field.errors for field in groups[-1]["fields"])
    return groups
