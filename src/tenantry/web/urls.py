"""The pages' addresses."""

from django.urls import path

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
    path("imports/", import_list, name="import-list"),
    path("imports/templates/<str:kind>.csv", import_template, name="import-template"),
    path("imports/<int:pk>/", import_detail, name="import-detail"),
    path("imports/<int:pk>/progress/", import_progress, name="import-progress"),
    path("imports/<int:pk>/apply/", import_apply, name="import-apply"),
    path("imports/<int:pk>/cancel/", import_cancel, name="import-cancel"),
    path("imports/<int:pk>/problems.csv", import_problems, name="import-problems"),
    path("sync/now/", sync_now, name="sync-now"),
    path("sync/history/", run_list, name="run-list"),
    path("sync/history/<int:pk>/", run_detail, name="run-detail"),
    path("sync/history/<int:pk>/progress/", run_progress, name="run-progress"),
    path("sync/history/<int:pk>/cancel/", run_cancel, name="run-cancel"),
    path("settings/data-sync/", sync_settings, name="sync-settings"),
    path("operator/", operator_home, name="operator-home"),
]
