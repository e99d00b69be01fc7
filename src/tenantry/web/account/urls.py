"""The addresses of single sign-on, under the names that allauth looks for. ``accounts.urls`` has allauth's own."""

from django.urls import path

from tenantry.web.account.sign_on import sign_on, sign_on_back

urlpatterns = [
    path("with/<slug:provider_id>/", sign_on, name="openid_connect_login"),
    path("with/<slug:provider_id>/callback/", sign_on_back, name="openid_connect_callback"),
]
