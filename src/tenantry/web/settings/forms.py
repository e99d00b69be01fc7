"""What the Sync settings page sends."""

from dataclasses import fields, replace
from typing import Any

from django import forms

from tenantry.core.brakes import BOUNDS, Limits
from tenantry.core.company_settings import CompanySettings

_MOST = 2**31 - 1


def _limit(name: str) -> forms.IntegerField:
    least, most = BOUNDS[name]
    sentence = f"Give a number from {least:,} to {most:,}."
    return forms.IntegerField(
        min_value=least, max_value=most, required=False,
        error_messages={"invalid": sentence, "min_value": sentence, "max_value": sentence},
    )  # fmt: skip


class CompanySyncForm(forms.Form):
    """``version_of`` is the version that the person saw; a switch that is not sent is off, a limit stays as it is."""

    version_of = forms.IntegerField(min_value=0, max_value=_MOST)
    company_sync = forms.BooleanField(required=False)
    create_automatically = forms.BooleanField(required=False)
    invite_admins = forms.BooleanField(required=False)
    sales_support = forms.BooleanField(required=False)
    customer_support = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in BOUNDS:
            self.fields[name] = _limit(name)

    def wanted(self) -> CompanySettings:
        """Return the five settings as sent."""
        return CompanySettings(**{each.name: self.cleaned_data[each.name] for each in fields(CompanySettings)})

    def limits(self, now_are: Limits) -> Limits:
        """Return the limits as sent on top of those there are. A limit that can't be one counts as not sent."""
        sent = {each.name: self.cleaned_data.get(each.name) for each in fields(Limits)}
        return replace(now_are, **{name: value for name, value in sent.items() if value is not None})
