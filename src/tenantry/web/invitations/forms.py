"""What somebody fills in to accept an invitation."""

from django import forms

_LONGEST_NAME = 200
_LONGEST_PASSWORD = 1_000


class NameForm(forms.Form):
    """What to call the person."""

    name = forms.CharField(
        label="Your name",
        max_length=_LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class SetUpForm(NameForm):
    """A name and a password. What makes a password too weak is said by the service that sets it."""

    password = forms.CharField(
        label="Choose a password",
        max_length=_LONGEST_PASSWORD,
        strip=False,
        help_text="At least 10 characters. A short sentence is easy to keep and hard to guess.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
