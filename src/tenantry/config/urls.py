"""Where every page lives."""

from django.urls import include, path

from tenantry.web import health

urlpatterns = [
    path("livez", health.live, name="live"),
    path("readyz", health.ready, name="ready"),
    path("account/", include("tenantry.accounts.urls")),
    path("account/", include("tenantry.web.account.urls")),
    path("", include("tenantry.web.urls")),
]
handler400 = "tenantry.web.errors.bad_request"
handler403 = "tenantry.web.errors.forbidden"
handler404 = "tenantry.web.errors.not_found"
handler500 = "tenantry.web.errors.server_error"
