"""Settings, Company fields: which side wins for each field of linked companies."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tenantry.core.permissions import Action
from tenantry.core.planning.linked import Rules
from tenantry.sync.field_owners import MOST_JUDGED, effect_of_rules, read_rules, save_rules
from tenantry.web.access import Visit, needs
from tenantry.web.settings.rules_form import FILL_BLANKS, OURS_WINS, PROVIDER_WINS, RulesForm

_LABELS = {
    "name": ("Name", "The provider's name replaces yours, also where you shortened it."),
    "country": ("Country", ""),
    "address": ("Address", "As a whole: street, city and postal code belong together."),
    "registration_number": ("Registration number", "Given in some countries only."),
    "contact_name": ("Contact's name", "The primary contact of the billing profile."),
    "contact_email": ("Contact's e-mail", "The company's contact; no person's sign-in changes."),
    "contact_phone": ("Contact's phone", ""),
}


class CompanyRulesForm(RulesForm):
    """A rule for each field of linked companies."""

    labels = _LABELS
    offered = (FILL_BLANKS, PROVIDER_WINS, OURS_WINS)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.CHANGE_SYNC_SETTINGS)
def company_fields(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the rules; on POST show the effect of what was chosen, or save it."""
    if request.method != "POST":
        return _page(request, CompanyRulesForm(initial={name: rule.value for name, rule in read_rules().items()}))
    form = CompanyRulesForm(request.POST)
    if not form.is_valid():
        raise BadRequest("The form of the company fields was changed on the way.")
    if request.POST.get("do") != "save":
        return _page(request, form, effect=_effect(form.rules))
    changed = save_rules(rules=form.rules, actor=visit.actor, now=visit.now)
    messages.success(request, "Saved. The next sync goes by it." if changed else "Nothing changed.")
    return redirect("web:company-fields")


def _effect(rules: Rules) -> dict[str, Any]:
    effect = effect_of_rules(rules)
    return {
        "companies": effect.companies,
        "fields": [{"label": _LABELS[name][0], "count": count} for name, count in effect.fields.items()],
        "over": effect.over,
        "judged": MOST_JUDGED,
    }


def _page(request: HttpRequest, form: RulesForm, *, effect: dict[str, Any] | None = None) -> HttpResponse:
    return render(request, "settings/company_fields.html", {"form": form, "effect": effect})
