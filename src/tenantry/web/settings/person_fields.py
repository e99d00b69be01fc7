"""Settings, People's fields: which side wins for each field of people who come in by User Sync."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tenantry.core.permissions import Action
from tenantry.core.planning.linked import FieldRule, Rules
from tenantry.core.planning.users.fields import LABELS
from tenantry.sync.people.field_owners import save_person_rules
from tenantry.sync.people.planning import read_person_rules
from tenantry.web.access import Visit, needs

_SENTENCES = {
    "email": "Where the person has no login here and no other company. Whoever signs in keeps the address.",
    "first_name": "",
    "last_name": "",
    "phone": "",
    "language": "The language of letters to this person.",
}
_CHOICES = [
    (FieldRule.PROVIDER.value, "Provider wins"),
    (FieldRule.FILL_BLANKS.value, "Fill blanks"),
    (FieldRule.OURS.value, "Ours wins"),
]


class PersonRulesForm(forms.Form):
    """A rule for each field of people."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in LABELS.items():
            self.fields[name] = forms.ChoiceField(
                choices=_CHOICES, label=f"{label[0].upper()}{label[1:]}", help_text=_SENTENCES[name]
            )

    @property
    def rules(self) -> Rules:
        """The rules that were chosen."""
        return {name: FieldRule(self.cleaned_data[name]) for name in LABELS}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.CHANGE_SYNC_SETTINGS)
def person_fields(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the rules; on POST save what was chosen."""
    if request.method != "POST":
        form = PersonRulesForm(initial={name: rule.value for name, rule in read_person_rules().items()})
        return render(request, "settings/person_fields.html", {"form": form})
    form = PersonRulesForm(request.POST)
    if not form.is_valid():
        raise BadRequest("The form of the people's fields was changed on the way.")
    changed = save_person_rules(rules=form.rules, actor=visit.actor, now=visit.now)
    messages.success(request, "Saved. The next run of User Sync goes by it." if changed else "Nothing changed.")
    return redirect("web:person-fields")
