"""Settings, People's fields: which side wins for each field of people who come in by User Sync."""

from typing import ClassVar

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tenantry.core.permissions import Action
from tenantry.core.planning.users.fields import LABELS
from tenantry.sync.people.field_owners import save_person_rules
from tenantry.sync.people.planning import read_person_rules
from tenantry.web.access import Visit, needs
from tenantry.web.settings.rules_form import FILL_BLANKS, OURS_WINS, PROVIDER_WINS, RulesForm

_SENTENCES = {
    "email": "Where the person has no login here and no other company. Whoever signs in keeps the address.",
    "first_name": "",
    "last_name": "",
    "phone": "",
    "language": "The language of letters to this person.",
}


class PersonRulesForm(RulesForm):
    """A rule for each field of people."""

    labels: ClassVar = {name: (f"{label[0].upper()}{label[1:]}", _SENTENCES[name]) for name, label in LABELS.items()}
    offered = (PROVIDER_WINS, FILL_BLANKS, OURS_WINS)


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
