"""What the Sync settings page sends."""

from django import forms


class CompanySyncForm(forms.Form):
    """``version_of`` is the version that the person saw; a switch that is not sent is off."""

    version_of = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    company_sync = forms.BooleanField(required=False)
