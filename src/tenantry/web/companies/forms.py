"""What the forms about companies and their people send. What can be stored is judged by ``core.drafts``."""

from collections.abc import Mapping
from typing import Any

from django import forms

from tenantry.core.drafts import ADDRESS_MEMBERS, CompanyDraft, DomainDraft
from tenantry.marketplace.models import Company, MembershipRole
from tenantry.web.countries import every_country

_PLAIN = (
    "name", "country", "phone", "website", "registration_number", "external_id", "contact_name", "contact_email",
    "contact_phone",
)  # fmt: skip


def _text(label: str, *, required: bool = False, help_text: str = "", **attributes: str) -> forms.CharField:
    """Return a line of text that remembers what it showed, so that only what a person changes is written."""
    attributes = {"class": "input", "autocomplete": "off", **attributes}
    widget = forms.TextInput(attrs=attributes)
    return forms.CharField(
        label=label, required=required, help_text=help_text, widget=widget, show_hidden_initial=True, max_length=2_000
    )


class CompanyForm(forms.Form):
    """A company's own fields."""

    name = _text("Name", required=True)
    registration_number = _text("Registration number")
    external_id = _text("External ID", help_text="What your other systems call this company. Each can be given once.")
    website = _text("Web site", inputmode="url")
    phone = _text("Phone", inputmode="tel")
    line1 = _text("Address line 1")
    line2 = _text("Address line 2")
    postal_code = _text("Postal code")
    city = _text("City")
    region = _text("Region")
    country = forms.ChoiceField(
        label="Country", required=False, show_hidden_initial=True, widget=forms.Select(attrs={"class": "form-select"})
    )
    contact_name = _text("Name")
    contact_email = _text("E-mail", inputmode="email")
    contact_phone = _text("Phone", inputmode="tel")

    groups: Mapping[str, tuple[str, ...]] = {
        "Company": ("name", "registration_number", "external_id", "website", "phone"),
        "Address": ("line1", "line2", "postal_code", "city", "region", "country"),
        "Primary contact": ("contact_name", "contact_email", "contact_phone"),
    }

    def __init__(self, *args: Any, company: Company | None = None, **kwargs: Any) -> None:
        if company is not None:
            address = company.address or {}
            kwargs["initial"] = {name: getattr(company, name) for name in _PLAIN} | {
                name: address.get(name, "") for name in ADDRESS_MEMBERS
            }
        super().__init__(*args, **kwargs)
        self.company = company
        known = every_country()
        own = company.country if company else ""
        unknown = [(own, own)] if own and own not in dict(known) else []
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)  # noqa: S101  # it is declared above
        country.choices = [("", "not known"), *unknown, *known]

    def grouped(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields under the headings that the page shows."""
        return [(title, [self[name] for name in names]) for title, names in self.groups.items()]

    def changes(self) -> dict[str, Any]:
        """Return what the person changed against what the form showed them, by field of ``CompanyDraft``."""
        touched = set(self.changed_data)
        changes: dict[str, Any] = {name: self.cleaned_data[name] for name in _PLAIN if name in touched}
        if touched & set(ADDRESS_MEMBERS):
            now_is = (self.company.address if self.company else None) or {}
            changes["address"] = {
                name: self.cleaned_data[name] if name in touched else now_is.get(name, "") for name in ADDRESS_MEMBERS
            }
        return changes

    def take_errors(self, errors: Mapping[str, str]) -> None:
        """Show the domain's refusals beside their fields."""
        places = {"address": "line1", "tenant_ids": None}
        for field, sentence in errors.items():
            place = places.get(field, field)
            self.add_error(place if place in self.fields else None, sentence)


class NewCompanyForm(CompanyForm):
    """A company that is created by hand. ``seen`` are the look-alikes that the person was shown."""

    domains = forms.CharField(
        label="Domains", required=False, max_length=10_000, help_text="One a line. Domains find the company's tenant.",
        widget=forms.Textarea(attrs={"class": "input", "rows": 3, "spellcheck": "false"}),
    )  # fmt: skip
    seen = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)

    groups = {**CompanyForm.groups, "Domains": ("domains",)}

    def draft(self) -> CompanyDraft:
        """Return the company as the person wants it."""
        values = self.cleaned_data
        return CompanyDraft(
            **{name: values[name] for name in _PLAIN},
            address={name: values[name] for name in ADDRESS_MEMBERS},
            domains=tuple(DomainDraft(line) for line in values["domains"].split()),
        )

    def seen_before(self) -> set[str]:
        """Return the look-alikes that the person was shown already."""
        return set(self.cleaned_data["seen"].split(","))


class PersonForm(forms.Form):
    """A person to add to a company."""

    first_name = _text("First name")
    last_name = _text("Last name")
    email = _text("E-mail", required=True, inputmode="email")
    phone = _text("Phone", inputmode="tel")
    role = forms.ChoiceField(
        label="Role", choices=MembershipRole.choices, initial=MembershipRole.USER,
        widget=forms.Select(attrs={"class": "form-select"}),
    )  # fmt: skip

    def take_errors(self, errors: Mapping[str, str]) -> None:
        """Show the domain's refusals beside their fields."""
        for field, sentence in errors.items():
            self.add_error(field if field in self.fields else None, sentence)
