"""What a decision on many rows sends: which rows, and what of them."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.http import QueryDict

from tenantry.sync.deciding.reasons import IGNORE_REASONS, LONGEST_REASON
from tenantry.sync.deciding.selecting import MOST_AT_ONCE, BulkAction, Selection
from tenantry.sync.pending.filters import FILTERS
from tenantry.web.pending.forms import BIGGEST

_MOST_IDS = 1_000


def selection_in(data: QueryDict) -> Selection:
    """Read which rows are meant: those that were ticked, or with ``all`` everything that the filter shows."""
    if data.get("all"):
        return Selection(None, data.get("tab", "pending"), {name: data.get(name, "") for name in FILTERS})
    given = {int(text) for text in data.getlist("id")[:_MOST_IDS] if text.isascii() and text.isdigit()}
    return Selection(tuple(sorted(pk for pk in given if 0 < pk <= BIGGEST)))


class BulkForm(forms.Form):
    """The decision, its options, and the counts that the person agreed to."""

    action = forms.ChoiceField(choices=[(action.value, action.value) for action in BulkAction])
    seen_total = forms.IntegerField(min_value=0, max_value=MOST_AT_ONCE)
    seen_doable = forms.IntegerField(min_value=0, max_value=MOST_AT_ONCE)
    invite = forms.BooleanField(required=False)
    fill_blanks = forms.BooleanField(required=False)
    add_contact = forms.BooleanField(required=False)
    reason_key = forms.ChoiceField(choices=list(IGNORE_REASONS.items()), required=False, widget=forms.RadioSelect)
    reason = forms.CharField(required=False, max_length=LONGEST_REASON)
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    @property
    def moment(self) -> datetime | None:
        """The beginning of the chosen day."""
        day = self.cleaned_data.get("until")
        return datetime.combine(day, time(), tzinfo=UTC) if day else None

    @property
    def options(self) -> Mapping[str, Any]:
        """The options' fields by name, for the page."""
        return {name: self[name] for name in ("invite", "fill_blanks", "add_contact", "reason", "until")}
