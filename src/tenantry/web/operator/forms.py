"""What the operator's pages send. Rules are the services'; these say what is asked for, and in which shape."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms

from tenantry.connections.models import ApplicationKind, Connection, SignIn
from tenantry.connections.services import MicrosoftConnection
from tenantry.core.permissions import STAFF_ROLES
from tenantry.mail import LANGUAGES
from tenantry.providers.microsoft.clouds import Cloud

_CLOUDS = [
    (Cloud.GLOBAL.value, "Global"),
    (Cloud.US_GOVERNMENT.value, "US government"),
    (Cloud.CHINA.value, "China (21Vianet)"),
]
_KINDS = [
    ("", "Choose…"),
    (ApplicationKind.WEB.value, "Web: has a secret or a certificate"),
    (ApplicationKind.NATIVE.value, "Native: has neither, a person signs in once"),
]
_SIGN_INS = [
    (SignIn.APP_ONLY.value, "As the application alone: enough for companies"),
    (SignIn.APP_AND_USER.value, "For a signed-in member of Admin Agents: also people and invitations"),
]
_PLACES = ("api", "authority", "graph", "ca_file")
_PEM_BYTES = 64 * 1024
ROLES = [(role.value, role.value.capitalize()) for role in STAFF_ROLES]


class MarketplaceForm(forms.Form):
    """A marketplace's name, and the language of e-mails to people whose own is unknown."""

    name = forms.CharField(max_length=120)
    language = forms.ChoiceField(
        choices=list(LANGUAGES.items()), initial="en",
        help_text="Of e-mails to people whose own language is not known.",
    )  # fmt: skip


class NameForm(forms.Form):
    """A name, of a sharing group."""

    name = forms.CharField(max_length=120)


class StaffForm(forms.Form):
    """Somebody who is to work in a marketplace; ``send`` says how the link for the first password travels."""

    email = forms.EmailField(max_length=254, label="E-mail address")
    name = forms.CharField(
        max_length=200, required=False, help_text="Of a new account. One that is there keeps its own."
    )
    role = forms.ChoiceField(choices=ROLES)
    send = forms.ChoiceField(
        choices=[("mail", "Send it by e-mail"), ("show", "Show it to me once")], label="Link to set a password",
        help_text="For a new account only. It works once, for three days.",
    )  # fmt: skip


class RoleForm(forms.Form):
    """Another role."""

    role = forms.ChoiceField(choices=ROLES)


class FeedForm(forms.Form):
    """The filter of a feed, as text; ``core.feed_filters`` reads it."""

    countries = forms.CharField(
        required=False, max_length=4_000,
        help_text="Two letters each, such as <code>DE AT CH</code>. Known once a tenant's details are read.",
    )  # fmt: skip
    domains = forms.CharField(
        required=False, max_length=400_000, widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="A tenant passes with any of these as its primary or a verified domain.",
    )  # fmt: skip
    indirect_resellers = forms.CharField(
        required=False, max_length=400_000, widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="Tenant IDs of indirect resellers: only their customers pass. For indirect providers.",
    )  # fmt: skip
    tenant_ids = forms.CharField(
        required=False, max_length=400_000, label="Tenants by ID",
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="Only these customer tenants pass. At most 5,000.",
    )  # fmt: skip


class _Pem(forms.FileField):
    """A file of PEM text, of a sensible size."""

    def clean(self, data: Any, initial: Any = None) -> str:
        """Return its text, empty when none was given. Raises ``ValidationError``."""
        file = super().clean(data, initial)
        if not file:
            return ""
        if file.size > _PEM_BYTES:
            raise forms.ValidationError("This file is too large to be a certificate or a key.")
        try:
            return str(file.read().decode("ascii"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError("This is no PEM file: it holds more than plain text.") from error


class CredentialForm(forms.Form):
    """A secret, or a certificate with its key. What is there already is never sent to the browser."""

    secret = forms.CharField(
        required=False, max_length=400, strip=True, label="Client secret",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Its value, not its ID. It is sealed at once and never shown again.",
    )  # fmt: skip
    expires_on = forms.DateField(
        required=False, label="Secret expires on", widget=forms.DateInput(attrs={"type": "date"}),
        help_text="As Entra says, so that you are warned in time. A certificate tells by itself.",
    )  # fmt: skip
    certificate = _Pem(required=False, help_text="PEM. Instead of a secret.")
    private_key = _Pem(required=False, label="Private key", help_text="PEM, belonging to the certificate.")
    passphrase = forms.CharField(
        required=False, max_length=400, strip=False, label="Passphrase of the key",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Check that one way was chosen. Raises ``ValidationError``."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("secret") and given.get("certificate"):
            raise forms.ValidationError("Give a secret or a certificate, not both.")
        if bool(given.get("certificate")) != bool(given.get("private_key")) and not self.errors:
            raise forms.ValidationError("A certificate and its private key belong together: give both.")
        return given

    @property
    def credential(self) -> dict[str, str]:
        """What was given, as it is sealed: empty when nothing was."""
        given = self.cleaned_data
        if given["certificate"]:
            parts = {name: given[name] for name in ("certificate", "private_key", "passphrase")}
            return {name: value for name, value in parts.items() if value}
        return {"secret": given["secret"]} if given["secret"] else {}

    @property
    def expires_at(self) -> datetime | None:
        """The end of the day that was given."""
        day = self.cleaned_data["expires_on"]
        return datetime.combine(day, time.max, tzinfo=UTC) if day else None


class ConnectionForm(forms.Form):
    """The settings of a Microsoft connection."""

    name = forms.CharField(max_length=120, help_text="As operators and managers see it.")
    cloud = forms.ChoiceField(choices=_CLOUDS)
    partner_tenant_id = forms.CharField(
        max_length=60,
        label="Partner tenant ID",
        help_text="From the overview page of Entra, in the partner's own tenant.",
    )
    application_id = forms.CharField(
        max_length=60, label="Application (client) ID", help_text="Of the app registration in the partner's tenant."
    )
    application_kind = forms.ChoiceField(choices=_KINDS, label="Kind of application")
    sign_in = forms.ChoiceField(
        choices=_SIGN_INS, label="Signs in", help_text="A native application can sign in for a person only."
    )
    api = forms.CharField(required=False, max_length=300, label="Address of the API")
    authority = forms.CharField(required=False, max_length=300, label="Address of the sign-in")
    graph = forms.CharField(required=False, max_length=300, label="Address of Microsoft Graph")
    ca_file = forms.CharField(
        required=False, max_length=400, label="Certificate authority to trust",
        help_text="A PEM file on the server that Tenantry runs on.",
    )  # fmt: skip

    @staticmethod
    def initial_of(connection: Connection) -> dict[str, Any]:
        """Return what the form shows of a connection that is there."""
        names = ("name", "cloud", "partner_tenant_id", "application_id", "application_kind", "sign_in")
        places = {name: connection.settings.get(name, "") for name in _PLACES}
        return {**{name: getattr(connection, name) for name in names}, **places}

    def given(self, kept: dict[str, Any], **secrets: Any) -> MicrosoftConnection:
        """Return what was given; ``kept`` are settings of the connection that the form does not know."""
        data = self.cleaned_data
        places = {name: data[name].strip() for name in _PLACES}
        others = {name: value for name, value in kept.items() if name not in places}
        return MicrosoftConnection(
            name=data["name"],
            partner_tenant_id=data["partner_tenant_id"],
            application_id=data["application_id"],
            application_kind=data["application_kind"],
            sign_in=data["sign_in"],
            cloud=data["cloud"],
            settings=others | {name: value for name, value in places.items() if value},
            **secrets,
        )


class NewConnectionForm(CredentialForm, ConnectionForm):
    """A new connection with its secret or certificate."""

    def clean(self) -> dict[str, Any]:
        """Check that a web application can prove itself. Raises ``ValidationError``."""
        given = super().clean()
        if given.get("application_kind") == ApplicationKind.WEB and not (
            given.get("secret") or given.get("certificate")
        ):
            raise forms.ValidationError("A web application needs a secret or a certificate.")
        return given
