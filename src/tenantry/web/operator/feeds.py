"""The operator's page of one feed: its filter, what it would do in numbers, and its end."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from tenantry.connections.models import Connection
from tenantry.core.feed_filters import FeedFilter, ReadFilter, TypedFilter, read_filter
from tenantry.sync.company_settings import SettingsRefused
from tenantry.sync.feeds import effect_of, filter_of, remove_feed, save_feed
from tenantry.sync.models import Feed
from tenantry.web.operator.access import MarketplaceVisit, needs_operator_in_marketplace
from tenantry.web.operator.forms import FeedForm

_PARTS = ("countries", "domains", "indirect_resellers", "tenant_ids")


@require_http_methods(["GET", "HEAD", "POST"])
@needs_operator_in_marketplace
def operator_feed(request: HttpRequest, visit: MarketplaceVisit, connection_id: int) -> HttpResponse:
    """Show the filter with its effect; on POST show the effect of what was typed, or save it."""
    connection = _connection(connection_id)
    feed = Feed.objects.filter(connection=connection).first()
    now_is = filter_of(feed)
    if request.method != "POST":
        form = FeedForm(initial={name: "\n".join(values) for name, values in now_is.as_json().items()})
        return _page(request, visit, form, connection, now_is, is_new=feed is None)
    form = FeedForm(request.POST)
    read = _read(form)
    if read is None:
        return _page(request, visit, form, connection, None, is_new=feed is None)
    if request.POST.get("do") != "save":
        return _page(request, visit, form, connection, read.value, is_new=feed is None, judged=True)
    save_feed(connection=connection, wanted=read.value, actor=visit.operator.actor, now=visit.operator.now)
    messages.success(request, f"Saved. {connection.name} feeds {visit.place.name}; the next sync goes by this filter.")
    return redirect("web:operator-marketplace", visit.marketplace_id)


def _read(form: FeedForm) -> ReadFilter | None:
    if not form.is_valid():
        return None
    read = read_filter(TypedFilter(**{name: form.cleaned_data[name] for name in _PARTS}))
    for name, sentence in read.errors.items():
        form.add_error(name, sentence)
    return None if read.errors else read


def _page(
    request: HttpRequest, visit: MarketplaceVisit, form: FeedForm, connection: Connection, wanted: FeedFilter | None,
    *, is_new: bool, judged: bool = False,
) -> HttpResponse:  # fmt: skip
    context = {
        "form": form,
        "connection": {"name": connection.name, "ready": connection.ready_for_companies, "enabled": connection.enabled},
        "marketplace": visit.place.name,
        "back_url": reverse("web:operator-marketplace", args=[visit.marketplace_id]),
        "effect": effect_of(connection, wanted) if wanted is not None else None,
        "is_new": is_new,
        "judged": judged,
    }
    return render(request, "operator/feed.html", context, status=422 if wanted is None else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_operator_in_marketplace
def operator_feed_remove(request: HttpRequest, visit: MarketplaceVisit, connection_id: int) -> HttpResponse:
    """Ask, then end the feed."""
    connection = _connection(connection_id)
    back = reverse("web:operator-marketplace", args=[visit.marketplace_id])
    if not Feed.objects.filter(connection=connection).exists():
        raise Http404
    if request.method == "POST":
        try:
            remove_feed(connection=connection, actor=visit.operator.actor, now=visit.operator.now)
        except SettingsRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{connection.name} does not feed {visit.place.name} any more.")
        return redirect(back)
    context = {
        "title": f"Stop {connection.name} feeding {visit.place.name}?",
        "sentences": [
            "Nothing new reaches the marketplace through this connection from now on.",
            "Pending companies that it brought stay, and are not withdrawn; they follow the provider no more.",
            "Linked companies stay as they are. The connection itself and its other feeds are not touched.",
        ],
        "submit": "Stop this feed",
        "back_url": back,
    }
    return render(request, "operator/confirm.html", context)


def _connection(connection_id: int) -> Connection:
    row = Connection.objects.filter(pk=connection_id).first() if connection_id < 2**63 else None
    if row is None:
        raise Http404
    return row
