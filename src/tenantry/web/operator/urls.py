"""The addresses of the operator's area, below ``operator/``."""

from django.urls import path

from tenantry.web.activity.views import operator_activity, operator_activity_export
from tenantry.web.notices.views import operator_notice_open, operator_notices, operator_notices_read
from tenantry.web.operator import connection_hints, feeds, google_pages, marketplaces, sharing, sign_in, staff, views
from tenantry.web.operator import connection_pages as connection
from tenantry.web.pending.whereabouts import operator_connection_where
from tenantry.web.tokens.views import operator_token_revoke, operator_tokens

PLACE = "marketplaces/<int:marketplace_id>/"
urlpatterns = [
    path("", views.operator_home, name="operator-home"),
    path("marketplaces/", marketplaces.operator_marketplaces, name="operator-marketplaces"),
    path("marketplaces/add/", marketplaces.operator_marketplace_add, name="operator-marketplace-add"),
    path(PLACE, marketplaces.operator_marketplace, name="operator-marketplace"),
    path(f"{PLACE}edit/", marketplaces.operator_marketplace_edit, name="operator-marketplace-edit"),
    path(f"{PLACE}switches/", marketplaces.operator_switches, name="operator-switches"),
    path(f"{PLACE}staff/", staff.operator_staff_add, name="operator-staff-add"),
    path(f"{PLACE}staff/<int:pk>/role/", staff.operator_staff_change, name="operator-staff-change"),
    path(f"{PLACE}staff/<int:pk>/remove/", staff.operator_staff_remove, name="operator-staff-remove"),
    path(f"{PLACE}staff/<int:pk>/link/", staff.operator_staff_link, name="operator-staff-link"),
    path(f"{PLACE}feeds/<int:connection_id>/", feeds.operator_feed, name="operator-feed"),
    path(f"{PLACE}feeds/<int:connection_id>/remove/", feeds.operator_feed_remove, name="operator-feed-remove"),
    path("connections/add/", connection.operator_connection_add, name="operator-connection-add"),
    path("connections/google/add/", google_pages.operator_google_add, name="operator-google-add"),
    path("connections/<int:pk>/", connection.operator_connection, name="operator-connection"),
    path("connections/<int:pk>/edit/", connection.operator_connection_edit, name="operator-connection-edit"),
    path("connections/<int:pk>/secret/", connection.operator_connection_secret, name="operator-connection-secret"),
    path("connections/<int:pk>/test/", connection.operator_connection_test, name="operator-connection-test"),
    path("connections/<int:pk>/switch/", connection.operator_connection_switch, name="operator-connection-switch"),
    path("connections/<int:pk>/hints/", connection_hints.operator_connection_hints, name="operator-connection-hints"),
    path("connections/<int:pk>/where/", operator_connection_where, name="operator-connection-where"),
    path("connections/<int:pk>/sign-in/", sign_in.operator_sign_in, name="operator-sign-in"),
    path("signed-in/", sign_in.operator_signed_in, name="operator-signed-in"),
    path("notices/", operator_notices, name="operator-notices"),
    path("notices/read/", operator_notices_read, name="operator-notices-read"),
    path("notices/<int:pk>/open/", operator_notice_open, name="operator-notice-open"),
    path("activity/", operator_activity, name="operator-activity"),
    path("activity/export/", operator_activity_export, name="operator-activity-export"),
    path("tokens/", operator_tokens, name="operator-tokens"),
    path("tokens/<int:pk>/revoke/", operator_token_revoke, name="operator-token-revoke"),
    path("sharing/", sharing.operator_sharing, name="operator-sharing"),
    path("sharing/<int:pk>/", sharing.operator_sharing_group, name="operator-sharing-group"),
    path("sharing/<int:pk>/remove/", sharing.operator_sharing_remove, name="operator-sharing-remove"),
]
