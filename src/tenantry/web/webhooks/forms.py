"""What the form of an endpoint sends."""

from typing import Any

from django import forms

from tenantry.core.webhook_events import CATALOG
from tenantry.webhooks.models import Endpoint

_LONGEST_NAME, _LONGEST_URL = 120, 2000


class EndpointForm(forms.Form):
    """An endpoint's name, its address, and what it wants to hear."""

    name = forms.CharField(max_length=_LONGEST_NAME, help_text="Who listens, such as <em>Billing</em>.")
    url = forms.CharField(
        max_length=_LONGEST_URL, label="Address",
        help_text="https, on the internet. Redirects are not followed.",
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://", "spellcheck": "false"}),
    )  # fmt: skip
    events = forms.MultipleChoiceField(
        required=False, label="Events", widget=forms.CheckboxSelectMultiple,
        choices=[(each.name, each.name) for each in CATALOG],
    )  # fmt: skip
    personal = forms.BooleanField(
        required=False, label="Send names and e-mail addresses of people",
        help_text="Leave it off unless the receiver can't read what it needs from the API.",
    )  # fmt: skip
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @classmethod
    def initial_of(cls, endpoint: Endpoint) -> dict[str, Any]:
        """Return the values that an endpoint has."""
        return {
            "name": endpoint.name, "url": endpoint.url, "events": endpoint.events, "personal": endpoint.personal,
            "seen": endpoint.version,
        }  # fmt: skip

    def event_groups(self) -> list[dict[str, Any]]:
        """Return the events by what they are about: [{title, choices: [{tag, id, name, sentence}]}]."""
        sentences = {each.name: each for each in CATALOG}
        groups: dict[str, list[dict[str, Any]]] = {}
        for choice in self["events"]:
            each = sentences[str(choice.data["value"])]
            groups.setdefault(each.group, []).append(
                {"tag": choice.tag(), "id": choice.id_for_label, "name": each.name, "sentence": each.sentence}
            )
        return [{"title": _TITLES[group], "choices": choices} for group, choices in groups.items()]


_TITLES = {
    "company": "Companies",
    "user": "Users",
    "membership": "Memberships",
    "pending": "Pending companies",
    "run": "Runs",
    "hold": "Held changes",
}
