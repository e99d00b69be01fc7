"""Where every page lives."""

from django.urls import include, path

urlpatterns = [
    path("account/", include("tenantry.accounts.urls")),
    path("", include("tenantry.web.urls")),
]
handler400 = "tenantry.web.errors.bad_request"
handler403 = "tenantry.web.errors.forbidden"
handler404 = "tenantry.web.errors.not_found"
handler500 = "tenantry.web.errors.server_error"
