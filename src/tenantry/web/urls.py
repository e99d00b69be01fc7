"""The pages' addresses."""

from django.urls import path

from tenantry.web.home.views import home, switch_marketplace, theme
from tenantry.web.operator.views import operator_home
from tenantry.web.pending.views import pending_detail, pending_list
from tenantry.web.runs.views import run_cancel, run_detail, run_list, run_progress, sync_now
from tenantry.web.settings.views import sync_settings

app_name = "web"
urlpatterns = [
    path("", home, name="home"),
    path("theme/", theme, name="theme"),
    path("marketplace/", switch_marketplace, name="switch-marketplace"),
    path("companies/pending/", pending_list, name="pending-list"),
    path("companies/pending/<int:pk>/", pending_detail, name="pending-detail"),
    path("sync/now/", sync_now, name="sync-now"),
    path("sync/history/", run_list, name="run-list"),
    path("sync/history/<int:pk>/", run_detail, name="run-detail"),
    path("sync/history/<int:pk>/progress/", run_progress, name="run-progress"),
    path("sync/history/<int:pk>/cancel/", run_cancel, name="run-cancel"),
    path("settings/data-sync/", sync_settings, name="sync-settings"),
    path("operator/", operator_home, name="operator-home"),
]
