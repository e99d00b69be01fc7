"""Where every page lives."""

from django.urls import include, path

from tenantry.api.v1 import api
from tenantry.web import health
from tenantry.web.hints.views import google_push, graph_push, microsoft_hint
from tenantry.web.metrics.views import metrics
from tenantry.web.welcome import FirstPassword

urlpatterns = [
    path("livez", health.live, name="live"),
    path("readyz", health.ready, name="ready"),
    path("metrics", metrics, name="metrics"),
    path("hints/microsoft/<uuid:uid>/", microsoft_hint, name="microsoft-hint"),
    path("hints/graph/<uuid:uid>/<uuid:name>/", graph_push, name="graph-push"),
    path("hints/google/<uuid:uid>/", google_push, name="google-push"),
    path("account/first-password/<uidb64>/<token>/", FirstPassword.as_view(), name="first-password"),
    path("account/", include("tenantry.accounts.urls")),
    path("account/", include("tenantry.web.account.urls")),
    path("api/v1/", api.urls),
    path("", include("tenantry.web.urls")),
]
handler400 = "tenantry.web.errors.bad_request"
handler403 = "tenantry.web.errors.forbidden"
handler404 = "tenantry.web.errors.not_found"
handler500 = "tenantry.web.errors.server_error"
