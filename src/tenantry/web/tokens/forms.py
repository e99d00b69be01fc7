"""What the form of a new API token sends."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django import forms

from tenantry.core.token_scopes import TokenScope

SCOPE_WORDS = {
    TokenScope.READ_PENDING: "Read pending companies, and ask where a tenant is",
    TokenScope.DECIDE_PENDING: "Decide on pending companies",
    TokenScope.READ_COMPANIES: "Read companies and users",
    TokenScope.WRITE_COMPANIES: "Change companies and users, and import them",
    TokenScope.PERSONAL_DATA: "Export and erase a person's data",
    TokenScope.INVITATIONS: "See and send invitations",
    TokenScope.CONNECT: "Connect tenants, request relationships",
    TokenScope.READ_RUNS: "Read the sync history and notices",
    TokenScope.START_RUNS: "Start and cancel syncs, take back what runs did",
    TokenScope.HOLDS: "See, release and reject what is held",
    TokenScope.SETTINGS: "Read and change sync settings",
    TokenScope.WEBHOOKS: "Set up webhooks, and read what they sent",
    TokenScope.READ_ACTIVITY: "Read the activity",
    TokenScope.INSTALLATION: "Run the installation: marketplaces, connections, feeds, switches",
}
LIVES = ((30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "a year"))


class TokenForm(forms.Form):
    """A name, what the token is for, and how long it lives."""

    name = forms.CharField(max_length=80, help_text="What will use it, such as <em>billing</em>.")
    scopes = forms.MultipleChoiceField(
        label="What it may do", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one thing that it is for."},
    )  # fmt: skip
    days = forms.TypedChoiceField(label="Ends after", coerce=int, choices=LIVES, initial=90)

    def __init__(self, *args: object, offered: Sequence[TokenScope], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own arguments, handed on
        choices = [(scope.value, f"{SCOPE_WORDS[scope]} ({scope.value})") for scope in offered]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]  # it is a MultipleChoiceField
        if len(offered) == 1:
            self.initial["scopes"] = [offered[0].value]

    @property
    def chosen(self) -> list[TokenScope]:
        """What the token is for."""
        return [TokenScope(value) for value in self.cleaned_data["scopes"]]

    def ends(self, now: datetime) -> datetime:
        """Return when a token that is made now ends."""
        return now + timedelta(days=self.cleaned_data["days"])
