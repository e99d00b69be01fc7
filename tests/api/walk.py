"""What each page does, and the call of the API that does the same: the map that ``test_walk`` goes through.

``READS``: pages that only show. ``TWINS``: what a page posts and what the API is sent for the same. ``WITHOUT``: pages
that the API has no route for, each with its reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone
from tests.api.stage import Ids

Given = Callable[[Ids], Any]


@dataclass(frozen=True)
class Twin:
    """One thing that is done on a page and through the API. ``place`` names the rows in the page's address.

    ``page`` is what is posted there, ``call`` the method and address, ``body`` what is sent. ``operator``: it is an
    operator's. ``refused``: nothing happens, and both say the same sentence.
    """

    place: tuple[str, ...]
    page: Given
    call: str
    body: Given | None = None
    operator: bool = False
    refused: bool = False
    match: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


def _fixed(value: Any) -> Given:
    return lambda _ids: value


def _soon() -> str:
    return f"{timezone.now() + timedelta(days=5):%Y-%m-%d}"


_NOTHING: Given = _fixed({})
_SEEN = {"version_of": "0"}
_HOOK = "http://127.0.0.1:9/hooks"

# Page: the calls that show the same.
READS: Mapping[str, tuple[str, ...]] = {
    "pending-list": ("GET /pending-companies",),
    "pending-detail": ("GET /pending-companies/{pending}", "GET /pending-companies/{pending}/companies?q=a"),
    "pending-where": ("GET /whereabouts?q=alpine.example",),
    "pending-why": ("GET /explanations?q=alpine.example",),
    "pending-bulk": ("POST /pending-companies/decisions/forecast",),
    "pending-bulk-run": ("GET /decision-runs/{decision run}", "GET /decision-runs/{decision run}/changes"),
    "import-detail": ("GET /imports/{import}", "GET /imports/{import}/lines"),
    "import-template": ("GET /imports/columns",),
    "import-problems": ("GET /imports/{import}/lines?tab=bad",),
    "company-list": ("GET /companies",),
    "company-detail": ("GET /companies/{company}", "GET /companies/{company}/people"),
    "user-list": ("GET /users",),
    "user-detail": ("GET /users/{user}",),
    "user-data": ("GET /users/{user}/data",),
    "invitation-list": ("GET /invitations",),
    "run-list": ("GET /runs",),
    "run-detail": ("GET /runs/{run}", "GET /runs/{run}/changes", "GET /runs/{run}/failures"),
    "hold-list": ("GET /holds",),
    "hold-detail": ("GET /holds/{hold}", "GET /holds/{hold}/rows"),
    "notice-list": ("GET /notices",),
    "activity": ("GET /events", "GET /events/kinds"),
    "sync-settings-effect": ("POST /settings/sync/effect",),
    "google-tenants": ("GET /google-tenants",),
    "google-tenant": ("GET /google-tenants/{google tenant}",),
    "connect-requests": ("GET /connect-requests",),
    "relationship-request": ("GET /relationship-links",),
    "people-list": ("GET /directory-people?verdict=in",),
    "person": ("GET /directory-people/{person}",),
    "person-why": ("GET /directory-people/{person}/explanation",),
    "pending-users": ("GET /companies/{company}/pending-users?invited=no",),
    "company-user-sync": ("GET /companies/{company}/user-sync/{provider}",),
    "webhook-list": ("GET /webhook-endpoints",),
    "webhook-detail": ("GET /webhook-endpoints/{endpoint}", "GET /webhook-endpoints/{endpoint}/deliveries?tab=waiting"),
    "webhook-delivery": ("GET /webhook-deliveries/{delivery}",),
    "operator-marketplaces": ("GET /installation/marketplaces",),
    "operator-marketplace": ("GET /installation/marketplaces/{marketplace}",),
    "operator-connection": ("GET /installation/connections/{connection}",),
    "operator-connection-where": ("GET /installation/connections/{connection}/whereabouts?q=alpine.example",),
    "operator-home": ("GET /installation/connections", "GET /installation/marketplaces"),
    "operator-notices": ("GET /installation/notices",),
    "operator-activity": ("GET /installation/events",),
}

TWINS: Mapping[str, tuple[Twin, ...]] = {
    "pending-create": (
        Twin(
            ("pending",), _fixed({**_SEEN, "name": "Made", "contact_email": "anna@made.example", "country": "AT"}),
            "POST /pending-companies/{pending}/create",
            _fixed({
                "name": "Made", "contact_email": "anna@made.example", "country": "AT", "contact_name": "",
                "contact_phone": "", "registration_number": "", "phone": "", "website": "", "domains": [],
                "address": {}, "invite": False,
            }),
            match="*",
        ),
        Twin(
            ("pending",), _fixed({**_SEEN, "name": "Made", "contact_email": "nonsense"}),
            "POST /pending-companies/{pending}/create", _fixed({"name": "Made", "contact_email": "nonsense"}),
            match="*", refused=True,
        ),
    ),
    "pending-link": (
        Twin(
            ("pending",), lambda ids: {**_SEEN, "company": ids["company"], "fill_blanks": "on"},
            "POST /pending-companies/{pending}/link", lambda ids: {"company_id": ids["company"], "fill_blanks": True},
            match="*",
        ),
        Twin(
            ("created",), lambda ids: {"version_of": "1", "company": ids["company"]},
            "POST /pending-companies/{created}/link", lambda ids: {"company_id": ids["company"]}, match="*",
            refused=True,
        ),
    ),
    "pending-ignore": (
        Twin(
            ("pending",), _fixed({**_SEEN, "reason_key": "test", "reason": "Ours"}),
            "POST /pending-companies/{pending}/ignore", _fixed({"reason_key": "test", "reason": "Ours"}), match="*",
        ),
        Twin(
            ("pending",), _fixed({**_SEEN, "reason_key": "other"}), "POST /pending-companies/{pending}/ignore",
            _fixed({"reason_key": "other"}), match="*", refused=True,
        ),
    ),
    "pending-snooze": (
        Twin(
            ("pending",), lambda _ids: {**_SEEN, "until": _soon()}, "POST /pending-companies/{pending}/snooze",
            lambda _ids: {"until": _soon()}, match="*",
        ),
        Twin(
            ("pending",), _fixed({**_SEEN, "until": "2020-01-01"}), "POST /pending-companies/{pending}/snooze",
            _fixed({"until": "2020-01-01"}), match="*", refused=True,
        ),
    ),
    "pending-reject": (
        Twin(
            ("pending",), lambda ids: {**_SEEN, "company": ids["company"]},
            "POST /pending-companies/{pending}/not-this-company", lambda ids: {"company_id": ids["company"]},
            match="*",
        ),
    ),
    "pending-reopen": (
        Twin(("ignored",), _fixed({"version_of": "1"}), "POST /pending-companies/{ignored}/reopen", match="*"),
    ),
    "decision-undo": (Twin(("decision",), _NOTHING, "POST /decisions/{decision}/undo"),),
    "pending-bulk-start": (
        Twin(
            (), lambda ids: {
                "action": "ignore", "id": ids["pending"], "seen_total": 1, "seen_doable": 1, "reason_key": "test",
            },
            "POST /pending-companies/decisions", lambda ids: {
                "action": "ignore", "ids": [ids["pending"]], "seen_total": 1, "seen_doable": 1, "reason_key": "test",
            },
        ),
        Twin(
            (), lambda ids: {
                "action": "ignore", "id": ids["pending"], "seen_total": 2, "seen_doable": 2, "reason_key": "test",
            },
            "POST /pending-companies/decisions", lambda ids: {
                "action": "ignore", "ids": [ids["pending"]], "seen_total": 2, "seen_doable": 2, "reason_key": "test",
            },
            refused=True,
        ),
    ),
    "pending-bulk-cancel": (Twin(("decision run",), _NOTHING, "POST /decision-runs/{decision run}/cancel"),),
    "company-new": (
        Twin((), _fixed({"name": "Borealis", "country": "NO"}), "POST /companies",
             _fixed({"name": "Borealis", "country": "NO"})),
        Twin((), _fixed({"name": "Borealis", "contact_email": "nonsense"}), "POST /companies",
             _fixed({"name": "Borealis", "contact_email": "nonsense"}), refused=True),
    ),
    "company-edit": (
        Twin(
            ("company",), _fixed({"seen_version": "{version}", "name": "Alpine", "phone": "+43 1 2345",
                                  "country": "AT", "initial-country": "AT", "initial-name": "Alpine"}),
            "PATCH /companies/{company}", _fixed({"phone": "+43 1 2345"}), match="*",
        ),
        Twin(
            ("company",), _fixed({"seen_version": "{version}", "name": "Alpine", "website": "no site",
                                  "country": "AT", "initial-country": "AT", "initial-name": "Alpine"}),
            "PATCH /companies/{company}", _fixed({"website": "no site"}), match="*", refused=True,
        ),
    ),
    "company-standing": (
        Twin(("company",), _fixed({"do": "disable", "reason": "Unpaid"}), "POST /companies/{company}/disable",
             _fixed({"reason": "Unpaid"})),
    ),
    "company-add-domain": (
        Twin(("company",), _fixed({"domain": "third.example"}), "POST /companies/{company}/domains",
             _fixed({"domain": "third.example"})),
        Twin(("company",), _fixed({"domain": "no domain"}), "POST /companies/{company}/domains",
             _fixed({"domain": "no domain"}), refused=True),
    ),
    "company-sync-domains": (  # no connection of the stage can read: both say so, and nothing is recorded
        Twin(("company",), _NOTHING, "POST /companies/{company}/domains/sync", more={"quiet": True}),
    ),
    "company-remove-domain": (
        Twin(("company", "domain"), _NOTHING, "DELETE /companies/{company}/domains/{domain}"),
    ),
    "company-add-person": (
        Twin(("company",), _fixed({"email": "new@alpine.example", "first_name": "New", "role": "user"}),
             "POST /companies/{company}/people",
             _fixed({"email": "new@alpine.example", "first_name": "New", "role": "user"})),
        Twin(("company",), _fixed({"email": "nonsense", "role": "user"}), "POST /companies/{company}/people",
             _fixed({"email": "nonsense", "role": "user"}), refused=True),
    ),
    "membership-change": (
        Twin(("company", "membership"), _fixed({"do": "make-administrator"}), "PUT /memberships/{membership}/role",
             _fixed({"role": "administrator"})),
        Twin(("company", "membership"), _fixed({"do": "deactivate"}), "POST /memberships/{membership}/deactivate"),
        Twin(("company", "administrator"), _fixed({"do": "deactivate"}),
             "POST /memberships/{administrator}/deactivate", refused=True),
    ),
    "membership-invite": (Twin(("membership",), _NOTHING, "POST /memberships/{membership}/invite", _NOTHING),),
    "invitation-resend": (Twin(("invitation",), _NOTHING, "POST /invitations/{invitation}/resend"),),
    "invitation-revoke": (Twin(("invitation",), _NOTHING, "POST /invitations/{invitation}/revoke"),),
    "invitation-bounced": (
        Twin(("invitation",), _NOTHING, "POST /invitations/{invitation}/bounced", more={"quiet": True}),
    ),
    "user-edit": (
        Twin(("user",), _fixed({"seen_version": "0", "first_name": "Ida", "email": "ida@alpine.example",
                                "initial-email": "ida@alpine.example"}),
             "PATCH /users/{user}", _fixed({"first_name": "Ida"}), match="*"),
    ),
    "user-erase": (
        Twin(("user",), _fixed({"typed": "ida@alpine.example"}), "POST /users/{user}/erase",
             _fixed({"typed": "ida@alpine.example"})),
        Twin(("user",), _fixed({"typed": "somebody"}), "POST /users/{user}/erase", _fixed({"typed": "somebody"}),
             refused=True, more={"sentences": False}),
    ),
    "import-list": (
        Twin((), _fixed({"file": b"external_id,name\n2,Two\n"}), "POST /imports",
             _fixed({"file": b"external_id,name\n2,Two\n"})),
        Twin((), _fixed({"file": b"nonsense\n"}), "POST /imports", _fixed({"file": b"nonsense\n"}), refused=True),
    ),
    "import-apply": (Twin(("import",), _NOTHING, "POST /imports/{import}/apply", refused=True),),
    "import-cancel": (Twin(("import",), _NOTHING, "POST /imports/{import}/cancel"),),
    "sync-now": (Twin((), _NOTHING, "POST /runs", more={"quiet": True}),),  # joins the one that is going on
    "run-cancel": (Twin(("live run",), _NOTHING, "POST /runs/{live run}/cancel"),),
    "run-undo": (
        Twin(("run",), _fixed({"seen": "00000000-0000-0000-0000-000000000000"}), "POST /runs/{run}/undo",
             _fixed({"seen": "00000000-0000-0000-0000-000000000000"}), refused=True),
    ),
    "hold-release": (
        Twin(("hold",), _fixed({"confirm": "1", "all": "1"}), "POST /holds/{hold}/release", _NOTHING, refused=True,
             more={"sentences": False}),
    ),
    "hold-reject": (
        Twin(("hold",), _fixed({"confirm": "1", "all": "1"}), "POST /holds/{hold}/reject", _NOTHING, refused=True),
    ),
    "sync-settings": (
        Twin((), _fixed({"version_of": "{settings}", "company_sync": "on", "invite_admins": "on",
                         "sales_support": "on"}),
             "PUT /settings/sync", _fixed({"company_sync": True, "invite_admins": True, "sales_support": True}),
             match="*"),
        Twin((), _fixed({"version_of": "{settings}", "company_sync": "on", "creations_per_run": "-1"}),
             "PUT /settings/sync", _fixed({"limits": {"creations_per_run": -1}}), match="*", refused=True),
    ),
    "company-fields": (
        Twin((), _fixed({"do": "save", "name": "ours", **dict.fromkeys(
            ("country", "address", "registration_number", "contact_name", "contact_email", "contact_phone"),
            "fill_blanks")}),
             "PUT /settings/company-fields", _fixed({"rules": {"name": "ours"}}), match="*"),
    ),
    "person-fields": (
        Twin((), _fixed({"email": "ours", **dict.fromkeys(("first_name", "last_name", "phone", "language"),
                                                            "provider")}),
             "PUT /settings/person-fields", _fixed({"rules": {"email": "ours"}}), match="*"),
    ),
    "connect-tenant": (
        Twin(("company",), _fixed({"tenant": "waits.example"}), "POST /companies/{company}/connect-requests",
             _fixed({"tenant": "waits.example"})),
        Twin(("company",), _fixed({"tenant": "no tenant"}), "POST /companies/{company}/connect-requests",
             _fixed({"tenant": "no tenant"}), refused=True),
    ),
    "connect-cancel": (Twin(("connect",), _NOTHING, "POST /connect-requests/{connect}/cancel"),),
    "google-tenants-read": (Twin((), _NOTHING, "POST /google-tenants/read", refused=True),),
    "google-tenant-link": (
        Twin(("google tenant",), lambda ids: {**_SEEN, "company": ids["company"]},
             "POST /google-tenants/{google tenant}/link", lambda ids: {"company_id": ids["company"]}, match="*"),
    ),
    "google-tenant-unlink": (
        Twin(("google tenant",), _fixed(_SEEN), "POST /google-tenants/{google tenant}/unlink", match="*",
             refused=True),
    ),
    "google-tenant-ignore": (
        Twin(("google tenant",), _fixed({**_SEEN, "reason_key": "test"}),
             "POST /google-tenants/{google tenant}/ignore", _fixed({"reason_key": "test"}), match="*"),
    ),
    "google-tenant-reopen": (
        Twin(("google tenant",), _fixed(_SEEN), "POST /google-tenants/{google tenant}/reopen", match="*",
             refused=True),
    ),
    "google-tenant-reject": (
        Twin(("google tenant",), lambda ids: {**_SEEN, "company": ids["company"]},
             "POST /google-tenants/{google tenant}/not-this-company", lambda ids: {"company_id": ids["company"]},
             match="*"),
    ),
    "person-sync": (Twin(("person",), _NOTHING, "POST /directory-people/{person}/sync", refused=True),),
    "person-unlink": (Twin(("person",), _NOTHING, "POST /directory-people/{person}/unlink"),),
    "company-force-user-sync": (Twin(("company",), _NOTHING, "POST /companies/{company}/user-sync", refused=True),),
    "pending-users-invite": (
        Twin(("company",), lambda ids: {"who": ids["waiting"], "role": "administrator"},
             "POST /companies/{company}/pending-users/invite",
             lambda ids: {"membership_ids": [ids["waiting"]], "role": "administrator"}),
        Twin(("company",), _fixed({"addresses": "nora@alpine.example", "role": "user"}),
             "POST /companies/{company}/pending-users/invite",
             _fixed({"addresses": ["nora@alpine.example"], "role": "user"})),
    ),
    "pending-user-address": (
        Twin(("company", "waiting"), _fixed({"email": "nora.new@alpine.example"}),
             "PATCH /companies/{company}/pending-users/{waiting}", _fixed({"email": "nora.new@alpine.example"}),
             match="*"),
        Twin(("company", "waiting"), _fixed({"email": "ida@alpine.example"}),
             "PATCH /companies/{company}/pending-users/{waiting}", _fixed({"email": "ida@alpine.example"}),
             match="*", refused=True),
    ),
    "pending-user-link": (
        Twin(("company", "waiting"), lambda ids: {"user": ids["membership"]},
             "POST /companies/{company}/pending-users/{waiting}/link",
             lambda ids: {"membership_id": ids["membership"]}),
        Twin(("company", "waiting"), _fixed({"user": "999999"}),
             "POST /companies/{company}/pending-users/{waiting}/link", _fixed({"membership_id": 999_999}),
             refused=True),
    ),
    "webhook-new": (
        Twin((), _fixed({"name": "Support", "url": _HOOK, "events": "company.created", "personal": "on"}),
             "POST /webhook-endpoints",
             _fixed({"name": "Support", "url": _HOOK, "events": ["company.created"], "personal": True})),
        Twin((), _fixed({"name": "Billing", "url": _HOOK}), "POST /webhook-endpoints",
             _fixed({"name": "Billing", "url": _HOOK}), refused=True),
        Twin((), _fixed({"name": "Support", "url": "https://10.0.0.5/"}), "POST /webhook-endpoints",
             _fixed({"name": "Support", "url": "https://10.0.0.5/"}), refused=True),
    ),
    "webhook-edit": (
        Twin(("endpoint",), _fixed({"name": "Support", "url": _HOOK, "seen": "1"}),
             "PATCH /webhook-endpoints/{endpoint}", _fixed({"name": "Support", "url": _HOOK}), match="1"),
        Twin(("endpoint",), _fixed({"name": "Billing", "url": "https://10.0.0.5/", "seen": "1"}),
             "PATCH /webhook-endpoints/{endpoint}", _fixed({"url": "https://10.0.0.5/"}), match="*", refused=True),
    ),
    "webhook-secret": (Twin(("endpoint",), _NOTHING, "POST /webhook-endpoints/{endpoint}/secret"),),
    "webhook-switch": (
        Twin(("endpoint",), _fixed({"on": "no"}), "PUT /webhook-endpoints/{endpoint}/enabled",
             _fixed({"enabled": False})),
    ),
    "webhook-remove": (Twin(("endpoint",), _NOTHING, "DELETE /webhook-endpoints/{endpoint}"),),
    "webhook-test": (Twin(("endpoint",), _NOTHING, "POST /webhook-endpoints/{endpoint}/test"),),
    "webhook-again": (Twin(("delivery",), _NOTHING, "POST /webhook-deliveries/{delivery}/send-again"),),
    "webhook-skip": (Twin(("delivery",), _NOTHING, "POST /webhook-deliveries/{delivery}/skip"),),
    "operator-marketplace-add": (
        Twin((), _fixed({"name": "Fabrikam", "language": "de"}), "POST /installation/marketplaces",
             _fixed({"name": "Fabrikam", "language": "de"}), operator=True),
    ),
    "operator-marketplace-edit": (
        Twin(("marketplace",), _fixed({"name": "North", "language": "de"}),
             "PUT /installation/marketplaces/{marketplace}", _fixed({"name": "North", "language": "de"}),
             operator=True),
    ),
    "operator-switches": (
        Twin(("marketplace",), _fixed({"company_sync": "on"}),
             "PUT /installation/marketplaces/{marketplace}/switches",
             _fixed({"company_sync": True, "link_company": False, "user_sync_google": False}), operator=True),
    ),
    "operator-staff-add": (
        Twin(("marketplace",), _fixed({"email": "nobody@people.example", "role": "sales support", "send": "mail"}),
             "POST /installation/marketplaces/{marketplace}/staff",
             _fixed({"email": "nobody@people.example", "role": "sales support"}), operator=True),
        Twin(("marketplace",), _fixed({"email": "owner@people.example", "role": "sales support", "send": "mail"}),
             "POST /installation/marketplaces/{marketplace}/staff",
             _fixed({"email": "owner@people.example", "role": "sales support"}), operator=True, refused=True),
    ),
    "operator-staff-change": (
        Twin(("marketplace", "staff"), _fixed({"role": "customer support"}),
             "PUT /installation/marketplaces/{marketplace}/staff/{staff}/role", _fixed({"role": "customer support"}),
             operator=True),
    ),
    "operator-staff-remove": (
        Twin(("marketplace", "staff"), _NOTHING, "DELETE /installation/marketplaces/{marketplace}/staff/{staff}",
             operator=True),
    ),
    "operator-staff-link": (
        Twin(("marketplace", "staff"), _NOTHING,
             "POST /installation/marketplaces/{marketplace}/staff/{staff}/link", operator=True, refused=True),
    ),
    "operator-feed": (
        Twin(("marketplace", "connection"), _fixed({"do": "save", "countries": "AT DE"}),
             "PUT /installation/marketplaces/{marketplace}/feeds/{connection}", _fixed({"countries": ["AT", "DE"]}),
             operator=True),
        Twin(("marketplace", "connection"), _fixed({"do": "save", "countries": "Austria"}),
             "PUT /installation/marketplaces/{marketplace}/feeds/{connection}", _fixed({"countries": ["Austria"]}),
             operator=True, refused=True),
    ),
    "operator-feed-remove": (
        Twin(("marketplace", "connection"), _NOTHING,
             "DELETE /installation/marketplaces/{marketplace}/feeds/{connection}", operator=True, refused=True),
    ),
    "operator-connection-add": (
        Twin((), _fixed({"name": "New", "cloud": "global", "partner_tenant_id": "no id", "application_id": "no id",
                         "application_kind": "web", "sign_in": "app_only", "secret": "s"}),
             "POST /installation/connections",
             _fixed({"name": "New", "partner_tenant_id": "no id", "application_id": "no id",
                     "application_kind": "web", "credential": {"secret": "s"}}), operator=True, refused=True),
        Twin((), _fixed({"name": "New", "cloud": "global", "partner_tenant_id": "{guid}", "application_id": "{guid}",
                         "application_kind": "web", "sign_in": "app_only", "secret": "s"}),
             "POST /installation/connections",
             _fixed({"name": "New", "partner_tenant_id": "{guid}", "application_id": "{guid}",
                     "application_kind": "web", "credential": {"secret": "s"}}), operator=True),
    ),
    "operator-connection-edit": (
        Twin(("connection",), _fixed({"name": "Renamed", "cloud": "global", "partner_tenant_id": "{guid}",
                                      "application_id": "{guid}", "application_kind": "web", "sign_in": "app_only"}),
             "PUT /installation/connections/{connection}",
             _fixed({"name": "Renamed", "partner_tenant_id": "{guid}", "application_id": "{guid}",
                     "application_kind": "web"}), operator=True),
    ),
    "operator-connection-secret": (
        Twin(("connection",), _fixed({"secret": "another"}), "PUT /installation/connections/{connection}/secret",
             _fixed({"secret": "another"}), operator=True),
    ),
    "operator-connection-switch": (
        Twin(("connection",), _fixed({"enabled": "no"}), "PUT /installation/connections/{connection}/enabled",
             _fixed({"enabled": False}), operator=True),
    ),
    "operator-google-add": (
        Twin((), _fixed({"name": "G", "discovery": "reseller", "subject": "a@b.example", "key": b"nonsense"}),
             "POST /installation/google-connections",
             _fixed({"name": "G", "discovery": "reseller", "subject": "a@b.example", "key": "nonsense"}),
             operator=True, refused=True),
    ),
    "operator-sharing": (
        Twin((), _fixed({"name": "Another"}), "POST /installation/sharing-groups", _fixed({"name": "Another"}),
             operator=True),
        Twin((), _fixed({"name": "Group"}), "POST /installation/sharing-groups", _fixed({"name": "Group"}),
             operator=True, refused=True),
    ),
    "operator-sharing-group": (
        Twin(("group",), lambda ids: {"name": "Renamed", "member": ids["marketplace"]},
             "PUT /installation/sharing-groups/{group}",
             lambda ids: {"name": "Renamed", "marketplace_ids": [ids["marketplace"]]}, operator=True),
    ),
    "operator-sharing-remove": (
        Twin(("group",), _NOTHING, "DELETE /installation/sharing-groups/{group}", operator=True),
    ),
}  # fmt: skip

_SHOWN = "A person's own page: what it shows hangs on who looks, and from where."
_LISTED = "The list has the same rows, page by page."
_ASKED = "The thing itself says how far it is."
_TOKENS = "A token that leaked must not make another one."
_OWN = "People of companies have no tokens; a marketplace's token reads companies and invites."
_READ = "That a person has read a notice is the person's matter."
WITHOUT: Mapping[str, str] = {
    "home": "Its numbers are those of the lists.",
    "theme": _SHOWN,
    "switch-marketplace": "A token is for one marketplace.",
    "account": _SHOWN,
    "session-end": _SHOWN,
    "identity-release": _SHOWN,
    "invitation-accept": "Whom the letter went to opens it, signed in: nobody accepts for somebody else.",
    "mailbox": "The demo's own mail, on this machine.",
    "mailbox-mail": "The demo's own mail, on this machine.",
    "mailbox-html": "The demo's own mail, on this machine.",
    "pending-export": _LISTED,
    "run-export": _LISTED,
    "run-list-export": _LISTED,
    "company-export": _LISTED,
    "user-export": _LISTED,
    "activity-export": _LISTED,
    "operator-activity-export": _LISTED,
    "pending-bulk-progress": _ASKED,
    "import-progress": _ASKED,
    "run-progress": _ASKED,
    "own-companies": _OWN,
    "own-company": _OWN,
    "notice-open": _READ,
    "notices-read": _READ,
    "operator-notice-open": _READ,
    "operator-notices-read": _READ,
    "token-list": _TOKENS,
    "token-revoke": _TOKENS,
    "operator-tokens": _TOKENS,
    "operator-token-revoke": _TOKENS,
    "operator-sign-in": "A person signs in at the provider, in a browser.",
    "operator-signed-in": "A person signs in at the provider, in a browser.",
}
# Pages that ask a provider: the API has the same; ``test_asking`` has what comes of it.
ASKING: Mapping[str, str] = {
    "operator-connection-test": "POST /installation/connections/{connection}/test",
    "operator-connection-hints": "POST /installation/connections/{connection}/hints",
}


def reason_without(name: str) -> str:
    """Return why the API has no route for a page; empty when it has one."""
    return WITHOUT.get(name, "")
