"""The addresses of Google tenants, below ``companies/google-tenants/``."""

from django.urls import path

from tenantry.web.google_tenants import views

urlpatterns = [
    path("", views.google_tenants, name="google-tenants"),
    path("read/", views.google_tenants_read, name="google-tenants-read"),
    path("<int:pk>/", views.google_tenant, name="google-tenant"),
    path("<int:pk>/link/", views.google_tenant_link, name="google-tenant-link"),
    path("<int:pk>/unlink/", views.google_tenant_unlink, name="google-tenant-unlink"),
    path("<int:pk>/ignore/", views.google_tenant_ignore, name="google-tenant-ignore"),
    path("<int:pk>/reopen/", views.google_tenant_reopen, name="google-tenant-reopen"),
    path("<int:pk>/reject/", views.google_tenant_reject, name="google-tenant-reject"),
]
