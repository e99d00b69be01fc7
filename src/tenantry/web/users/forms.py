"""What the form about a person sends. What can be stored is judged by ``core.drafts``."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings

from tenantry.marketplace.models import User

FIELDS = ("first_name", "last_name", "email", "phone", "language")


def _text(label: str, **attributes: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "input", "autocomplete": "off", **attributes})
    return forms.CharField(label=label, required=False, widget=widget, show_hidden_initial=True, max_length=2_000)


class UserForm(forms.Form):
    """A person's own fields. The address is fixed once a login or a second company hangs on it."""

    first_name = _text("First name")
    last_name = _text("Last name")
    email = _text("E-mail", inputmode="email")
    phone = _text("Phone", inputmode="tel")
    language = forms.ChoiceField(
        label="Language", required=False, show_hidden_initial=True, widget=forms.Select(attrs={"class": "form-select"})
    )

    def __init__(self, *args: Any, user: User, email_fixed: bool, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(user, name) for name in FIELDS}
        super().__init__(*args, **kwargs)
        language = self.fields["language"]
        assert isinstance(language, forms.ChoiceField)  # noqa: S101  # it is declared above
        known = [(code, str(name)) for code, name in settings.LANGUAGES]
        unknown = [(user.language, user.language)] if user.language and user.language not in dict(known) else []
        language.choices = [("", "the marketplace's"), *unknown, *sorted(known, key=lambda entry: entry[1])]
        if email_fixed:
            self.fields["email"].disabled = True
            self.fields[
                "email"
            ].help_text = "Can't be changed here: this person signs in with it, or belongs to several companies."

    def changes(self) -> dict[str, Any]:
        """Return what the editor changed against what the form showed them."""
        return {name: self.cleaned_data[name] for name in FIELDS if name in self.changed_data}

    def take_errors(self, errors: Mapping[str, str]) -> None:
        """Show the domain's refusals beside their fields."""
        for field, sentence in errors.items():
            self.add_error(field if field in self.fields else None, sentence)
