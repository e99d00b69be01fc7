"""What the pages of decisions send. Rules are the services'; these only read."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms

from tenantry.core.drafts import CompanyDraft, DomainDraft
from tenantry.sync.deciding.reasons import IGNORE_REASONS, LONGEST_REASON
from tenantry.sync.deciding.refusals import CONTACT_WANTED
from tenantry.web.countries import every_country

_ADDRESS = ("line1", "line2", "postal_code", "city", "region")
BIGGEST = 2**63 - 1


class SeenForm(forms.Form):
    """``version_of`` is the version of the row that the person saw."""

    version_of = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class LinkForm(SeenForm):
    """Link to ``company``."""

    company = forms.IntegerField(min_value=1, max_value=BIGGEST)
    fill_blanks = forms.BooleanField(required=False)
    add_contact = forms.BooleanField(required=False)


class RejectForm(SeenForm):
    """Not ``company``."""

    company = forms.IntegerField(min_value=1, max_value=BIGGEST)


class IgnoreForm(SeenForm):
    """Put aside, with a reason of the short list."""

    reason_key = forms.ChoiceField(
        choices=list(IGNORE_REASONS.items()), widget=forms.RadioSelect, label="Why",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose a reason from the list."),
    )  # fmt: skip
    reason = forms.CharField(
        required=False, max_length=LONGEST_REASON, label="More about it", widget=forms.Textarea(attrs={"rows": 2})
    )  # fmt: skip


class SnoozeForm(SeenForm):
    """Put off until the beginning of a day."""

    until = forms.DateField(
        label="Comes back on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose a day.", "invalid": "Write the day as 2026-03-31."},
    )  # fmt: skip

    @property
    def moment(self) -> datetime:
        """The beginning of the chosen day."""
        return datetime.combine(self.cleaned_data["until"], time(), tzinfo=UTC)


def in_a_week(now: datetime) -> str:
    """Return the day that the snooze form proposes."""
    return (now + timedelta(days=7)).date().isoformat()


class CreateForm(SeenForm):
    """A company as the person wants it, prefilled from the tenant; what is required comes first."""

    name = forms.CharField(max_length=300, label="Company name")
    contact_email = forms.CharField(
        max_length=254, label="E-mail of the first person", error_messages={"required": CONTACT_WANTED},
        help_text="Becomes the company's first Company Administrator.",
    )  # fmt: skip
    contact_name = forms.CharField(max_length=300, required=False, label="Name of the first person")
    country = forms.ChoiceField(required=False, label="Country")
    contact_phone = forms.CharField(max_length=60, required=False, label="Phone of the first person")
    registration_number = forms.CharField(max_length=60, required=False, label="Registration number")
    domains = forms.CharField(
        required=False, label="Domains", max_length=20_000,
        help_text="Separated by blanks or commas.", widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    phone = forms.CharField(max_length=60, required=False, label="Phone")
    website = forms.CharField(max_length=300, required=False, label="Website")
    line1 = forms.CharField(max_length=200, required=False, label="Street")
    line2 = forms.CharField(max_length=200, required=False, label="Street, second line")
    postal_code = forms.CharField(max_length=200, required=False, label="Postal code")
    city = forms.CharField(max_length=200, required=False, label="City")
    region = forms.CharField(max_length=200, required=False, label="Region")
    invite = forms.BooleanField(required=False, label="Invite now")

    FIRST = ("name", "contact_email", "contact_name", "country")
    MORE = (
        "contact_phone", "registration_number", "domains", "phone", "website", "line1", "line2", "postal_code", "city",
        "region",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Unknown"), *every_country()]
        given = str(self.initial.get("country", ""))
        if given and given not in dict(choices):
            choices.append((given, given))
        self.fields["country"].choices = choices  # type: ignore[attr-defined]  # it is a ChoiceField

    def draft(self, proposed: CompanyDraft) -> CompanyDraft:
        """Return the company that was asked for. A domain that the provider vouched for stays verified."""
        values = self.cleaned_data
        verified = {domain.domain for domain in proposed.domains if domain.verified}
        wanted = dict.fromkeys(values["domains"].replace(",", " ").lower().split())
        address = {name: values[name] for name in _ADDRESS if values[name]}
        return CompanyDraft(
            name=values["name"], country=values["country"], address=address or None, phone=values["phone"],
            website=values["website"], registration_number=values["registration_number"],
            contact_name=values["contact_name"], contact_email=values["contact_email"],
            contact_phone=values["contact_phone"],
            domains=tuple(DomainDraft(domain, verified=domain in verified) for domain in wanted),
            tenant_ids=proposed.tenant_ids,
        )  # fmt: skip


def initial_of(draft: CompanyDraft) -> Mapping[str, Any]:
    """Return a draft as the create form's initial values."""
    address = dict(draft.address or {})
    plain = (
        "name", "country", "contact_name", "contact_email", "contact_phone", "registration_number", "phone", "website",
    )  # fmt: skip
    return {
        **{name: getattr(draft, name) for name in plain},
        **{name: address.get(name, "") for name in _ADDRESS},
        "domains": " ".join(domain.domain for domain in draft.domains),
    }
