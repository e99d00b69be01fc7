"""*Request a reseller relationship*: the Partner Center's invitation link, and an e-mail to send it with.

Tenantry sends nothing here: a person copies the text, or opens it in a mail program.
"""

from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from tenantry.connections.invitation_links import NoInvitationLink, read_invitation_link
from tenantry.connections.models import Connection
from tenantry.core.permissions import Action
from tenantry.isolation.scope import marketplace_scope
from tenantry.sync.models import Feed
from tenantry.web.access import Visit, needs_outside

_SUBJECT = "Please accept {marketplace} as your Microsoft reseller"
_BODY = """Hello,

so that we can provide Microsoft services to you, please accept {marketplace} as your reseller. You need to be a \
global administrator of your Microsoft 365 tenant.

1. Open this link and sign in:
{link}
2. Read the request and accept it.

{rights}Kind regards
{sender}
"""
# True of a link without delegated administration only.
_NO_RIGHTS = "It gives us no rights in your tenant: it only lets us manage your subscriptions.\n\n"
# What mail programs take in an address is limited; beyond this, copying is the way.
_LONGEST_ADDRESS = 1_900


class LetterForm(forms.Form):
    """The e-mail as a person edits it."""

    to = forms.EmailField(required=False, max_length=254, label="To", help_text="Whom you ask at the customer.")
    subject = forms.CharField(max_length=200)
    body = forms.CharField(
        max_length=10_000, label="Text", widget=forms.Textarea(attrs={"rows": 14}), strip=False,
        help_text="Edit it as you like; keep the link.",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@needs_outside(Action.CONNECT_TENANT)
def relationship_request(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show link and e-mail. POST ``do=read`` asks for the link, ``do=write`` takes over the edited text."""
    with marketplace_scope(visit.marketplace_id):
        connections = list(Connection.objects.filter(pk__in=Feed.objects.values("connection_id")).order_by("name"))
    chosen = _chosen(request, connections)
    if request.method == "POST" and request.POST.get("do") == "read" and chosen is not None:
        return _read(request, chosen, visit)
    form = LetterForm(request.POST) if request.method == "POST" else LetterForm(initial=_letter(chosen, visit))
    valid = not form.is_bound or form.is_valid()
    given = form.cleaned_data if form.is_bound and valid else {}
    context = {
        "connections": [_row(each, chosen) for each in connections],
        "chosen": {"pk": chosen.pk, "name": chosen.name, "enabled": chosen.enabled, "link": chosen.relationship_link,
                   "at": chosen.relationship_link_at} if chosen else None,
        "form": form,
        "mailto": _mailto(given) if given else "",
        "prepared": bool(given),
    }  # fmt: skip
    return render(request, "connecting/relationship.html", context, status=200 if valid else 422)


def _chosen(request: HttpRequest, connections: list[Connection]) -> Connection | None:
    wanted = request.POST.get("connection") or request.GET.get("connection", "")
    found = next((each for each in connections if str(each.pk) == wanted), None)
    return found or next(iter(connections), None)


def _read(request: HttpRequest, connection: Connection, visit: Visit) -> HttpResponse:
    try:
        read_invitation_link(connection, now=visit.now)
    except NoInvitationLink as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The link is here. Check the text, then copy it or open it in your mail program.")
    return redirect(f"{reverse('web:relationship-request')}?connection={connection.pk}")


def _row(each: Connection, chosen: Connection | None) -> dict[str, Any]:
    return {"pk": each.pk, "name": each.name, "chosen": chosen is not None and each.pk == chosen.pk}


def _letter(connection: Connection | None, visit: Visit) -> dict[str, str]:
    if connection is None or not connection.relationship_link:
        return {}
    rights = _NO_RIGHTS if "dap=false" in connection.relationship_link.lower() else ""
    words = {"marketplace": visit.marketplace_name, "link": connection.relationship_link, "sender": visit.actor.name,
             "rights": rights}  # fmt: skip
    return {"subject": _SUBJECT.format(**words), "body": _BODY.format(**words)}


def _mailto(given: dict[str, str]) -> str:
    """Return the address that opens a mail program with it, or nothing when it is too long for one."""
    body = given["body"].replace("\r\n", "\n").replace("\n", "\r\n")
    address = f"mailto:{quote(given['to'], safe='@')}?subject={quote(given['subject'])}&body={quote(body)}"
    return address if len(address) <= _LONGEST_ADDRESS else ""
