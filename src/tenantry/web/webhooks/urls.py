"""Where the pages of webhooks live."""

from django.urls import path

from tenantry.web.webhooks.deliveries import webhook_again, webhook_delivery, webhook_skip, webhook_test
from tenantry.web.webhooks.endpoints import (
    webhook_detail,
    webhook_edit,
    webhook_list,
    webhook_new,
    webhook_remove,
    webhook_secret,
    webhook_switch,
)

urlpatterns = [
    path("", webhook_list, name="webhook-list"),
    path("new/", webhook_new, name="webhook-new"),
    path("<int:pk>/", webhook_detail, name="webhook-detail"),
    path("<int:pk>/edit/", webhook_edit, name="webhook-edit"),
    path("<int:pk>/secret/", webhook_secret, name="webhook-secret"),
    path("<int:pk>/switch/", webhook_switch, name="webhook-switch"),
    path("<int:pk>/remove/", webhook_remove, name="webhook-remove"),
    path("<int:pk>/test/", webhook_test, name="webhook-test"),
    path("deliveries/<int:pk>/", webhook_delivery, name="webhook-delivery"),
    path("deliveries/<int:pk>/again/", webhook_again, name="webhook-again"),
    path("deliveries/<int:pk>/skip/", webhook_skip, name="webhook-skip"),
]
