"""The pages' addresses."""

from django.urls import include, path

from tenantry.web.account.views import account_page, identity_release, session_end
from tenantry.web.activity.views import activity, activity_export
from tenantry.web.companies.changing import (
    add_domain,
    company_add_person,
    company_edit,
    company_new,
    company_standing,
    company_sync_domains,
    membership_change,
    remove_domain,
)
from tenantry.web.companies.views import company_detail, company_export, company_list
from tenantry.web.connecting.relationship import relationship_request
from tenantry.web.connecting.tenants import connect_cancel, connect_requests, connect_tenant
from tenantry.web.holds.views import hold_detail, hold_list, hold_reject, hold_release
from tenantry.web.home.views import home, switch_marketplace, theme
from tenantry.web.imports.views import (
    import_apply,
    import_cancel,
    import_detail,
    import_list,
    import_problems,
    import_progress,
    import_template,
)
from tenantry.web.invitations.accepting import invitation_accept
from tenantry.web.invitations.views import (
    invitation_bounced,
    invitation_list,
    invitation_resend,
    invitation_revoke,
    membership_invite,
)
from tenantry.web.mailbox.views import mailbox, mailbox_html, mailbox_mail
from tenantry.web.notices.views import notice_list, notice_open, notices_read
from tenantry.web.own_company.views import own_companies, own_company
from tenantry.web.pending.bulk import bulk_cancel, bulk_progress, bulk_review, bulk_run, bulk_start
from tenantry.web.pending.deciding import (
    decision_undo,
    pending_create,
    pending_ignore,
    pending_link,
    pending_reject,
    pending_reopen,
    pending_snooze,
)
from tenantry.web.pending.views import pending_detail, pending_export, pending_list
from tenantry.web.pending.whereabouts import pending_where
from tenantry.web.pending.why import pending_why
from tenantry.web.people.directory import people_list, person_page, person_sync, person_unlink, person_why
from tenantry.web.people.forcing import force_user_sync
from tenantry.web.people.pending import (
    pending_user_address,
    pending_user_link,
    pending_users,
    pending_users_invite,
    user_sync_of_company,
)
from tenantry.web.runs.undoing import run_undo
from tenantry.web.runs.views import history_export, run_cancel, run_detail, run_export, run_list, run_progress, sync_now
from tenantry.web.settings.company_fields import company_fields
from tenantry.web.settings.person_fields import person_fields
from tenantry.web.settings.views import sync_settings, sync_settings_effect
from tenantry.web.tokens.views import token_list, token_revoke
from tenantry.web.users.privacy import user_data, user_erase
from tenantry.web.users.views import user_detail, user_edit, user_export, user_list

app_name = "web"
urlpatterns = [
    path("", home, name="home"),
    path("theme/", theme, name="theme"),
    path("marketplace/", switch_marketplace, name="switch-marketplace"),
    path("account/", account_page, name="account"),
    path("account/sessions/end/", session_end, name="session-end"),
    path("account/identities/<int:pk>/release/", identity_release, name="identity-release"),
    path("invitation/<str:token>/", invitation_accept, name="invitation-accept"),
    path("invitations/", invitation_list, name="invitation-list"),
    path("invitations/<int:pk>/resend/", invitation_resend, name="invitation-resend"),
    path("invitations/<int:pk>/revoke/", invitation_revoke, name="invitation-revoke"),
    path("invitations/<int:pk>/bounced/", invitation_bounced, name="invitation-bounced"),
    path("memberships/<int:pk>/invite/", membership_invite, name="membership-invite"),
    path("mailbox/", mailbox, name="mailbox"),
    path("mailbox/<str:key>/", mailbox_mail, name="mailbox-mail"),
    path("mailbox/<str:key>/html/", mailbox_html, name="mailbox-html"),
    path("companies/pending/", pending_list, name="pending-list"),
    path("companies/pending/export.csv", pending_export, name="pending-export"),
    path("companies/pending/where/", pending_where, name="pending-where"),
    path("companies/pending/why/", pending_why, name="pending-why"),
    path("companies/pending/many/", bulk_review, name="pending-bulk"),
    path("companies/pending/many/start/", bulk_start, name="pending-bulk-start"),
    path("companies/pending/many/<int:pk>/", bulk_run, name="pending-bulk-run"),
    path("companies/pending/many/<int:pk>/progress/", bulk_progress, name="pending-bulk-progress"),
    path("companies/pending/many/<int:pk>/cancel/", bulk_cancel, name="pending-bulk-cancel"),
    path("companies/pending/decisions/<int:pk>/undo/", decision_undo, name="decision-undo"),
    path("companies/pending/<int:pk>/", pending_detail, name="pending-detail"),
    path("imports/", import_list, name="import-list"),
    path("imports/templates/<str:kind>.csv", import_template, name="import-template"),
    path("imports/<int:pk>/", import_detail, name="import-detail"),
    path("imports/<int:pk>/progress/", import_progress, name="import-progress"),
    path("imports/<int:pk>/apply/", import_apply, name="import-apply"),
    path("imports/<int:pk>/cancel/", import_cancel, name="import-cancel"),
    path("imports/<int:pk>/problems.csv", import_problems, name="import-problems"),
    path("companies/", company_list, name="company-list"),
    path("companies/export.csv", company_export, name="company-export"),
    path("companies/new/", company_new, name="company-new"),
    path("companies/<int:pk>/", company_detail, name="company-detail"),
    path("companies/<int:pk>/edit/", company_edit, name="company-edit"),
    path("companies/<int:pk>/standing/", company_standing, name="company-standing"),
    path("companies/<int:pk>/domains/sync/", company_sync_domains, name="company-sync-domains"),
    path("companies/<int:pk>/domains/", add_domain, name="company-add-domain"),
    path("companies/<int:pk>/domains/<int:domain>/remove/", remove_domain, name="company-remove-domain"),
    path("companies/<int:pk>/people/new/", company_add_person, name="company-add-person"),
    path("companies/<int:pk>/people/<int:membership>/", membership_change, name="membership-change"),
    path("users/", user_list, name="user-list"),
    path("users/export.csv", user_export, name="user-export"),
    path("users/directories/", people_list, name="people-list"),
    path("users/directories/<int:pk>/", person_page, name="person"),
    path("users/directories/<int:pk>/why/", person_why, name="person-why"),
    path("users/directories/<int:pk>/sync/", person_sync, name="person-sync"),
    path("users/directories/<int:pk>/unlink/", person_unlink, name="person-unlink"),
    path("users/<int:pk>/", user_detail, name="user-detail"),
    path("users/<int:pk>/edit/", user_edit, name="user-edit"),
    path("users/<int:pk>/data/", user_data, name="user-data"),
    path("users/<int:pk>/erase/", user_erase, name="user-erase"),
    path("company/", own_companies, name="own-companies"),
    path("company/<int:pk>/", own_company, name="own-company"),
    path("company/<int:pk>/waiting/", pending_users, name="pending-users"),
    path("company/<int:pk>/waiting/invite/", pending_users_invite, name="pending-users-invite"),
    path("company/<int:pk>/waiting/<int:membership>/address/", pending_user_address, name="pending-user-address"),
    path("company/<int:pk>/waiting/<int:membership>/link/", pending_user_link, name="pending-user-link"),
    path("company/<int:pk>/user-sync/<str:provider>/", user_sync_of_company, name="company-user-sync"),
    path("companies/<int:pk>/user-sync/", force_user_sync, name="company-force-user-sync"),
    path("companies/pending/<int:pk>/create/", pending_create, name="pending-create"),
    path("companies/pending/<int:pk>/link/", pending_link, name="pending-link"),
    path("companies/pending/<int:pk>/ignore/", pending_ignore, name="pending-ignore"),
    path("companies/pending/<int:pk>/snooze/", pending_snooze, name="pending-snooze"),
    path("companies/pending/<int:pk>/reject/", pending_reject, name="pending-reject"),
    path("companies/pending/<int:pk>/reopen/", pending_reopen, name="pending-reopen"),
    path("sync/now/", sync_now, name="sync-now"),
    path("sync/history/", run_list, name="run-list"),
    path("sync/history/export.<str:form>", history_export, name="run-list-export"),
    path("sync/history/<int:pk>/changes.<str:form>", run_export, name="run-export"),
    path("sync/history/<int:pk>/", run_detail, name="run-detail"),
    path("sync/history/<int:pk>/progress/", run_progress, name="run-progress"),
    path("sync/history/<int:pk>/undo/", run_undo, name="run-undo"),
    path("sync/history/<int:pk>/cancel/", run_cancel, name="run-cancel"),
    path("sync/held/", hold_list, name="hold-list"),
    path("sync/held/<int:pk>/", hold_detail, name="hold-detail"),
    path("sync/held/<int:pk>/release/", hold_release, name="hold-release"),
    path("sync/held/<int:pk>/reject/", hold_reject, name="hold-reject"),
    path("notices/", notice_list, name="notice-list"),
    path("notices/read/", notices_read, name="notices-read"),
    path("notices/<int:pk>/open/", notice_open, name="notice-open"),
    path("audit/", activity, name="activity"),
    path("audit/export/", activity_export, name="activity-export"),
    path("settings/data-sync/", sync_settings, name="sync-settings"),
    path("settings/data-sync/effect/", sync_settings_effect, name="sync-settings-effect"),
    path("settings/company-fields/", company_fields, name="company-fields"),
    path("settings/person-fields/", person_fields, name="person-fields"),
    path("settings/tokens/", token_list, name="token-list"),
    path("settings/tokens/<int:pk>/revoke/", token_revoke, name="token-revoke"),
    path("companies/relationship/", relationship_request, name="relationship-request"),
    path("companies/google-tenants/", include("tenantry.web.google_tenants.urls")),
    path("companies/connect/", connect_requests, name="connect-requests"),
    path("companies/connect/<int:pk>/cancel/", connect_cancel, name="connect-cancel"),
    path("companies/<int:company_id>/connect/", connect_tenant, name="connect-tenant"),
    path("settings/webhooks/", include("tenantry.web.webhooks.urls")),
    path("operator/", include("tenantry.web.operator.urls")),
]
