"""What a person says of themselves."""

from django import forms

from tenantry.mail import LANGUAGES

_LONGEST_NAME = 200


class AccountForm(forms.Form):
    """A name, and the language of letters."""

    name = forms.CharField(
        label="Name", max_length=_LONGEST_NAME, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(
        label="Language of e-mails to you",
        required=False,
        choices=[("", "As the marketplace writes"), *LANGUAGES.items()],
    )
