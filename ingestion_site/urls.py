"""The addresses of the site."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from ingestion_site import health

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("healthz/worker", health.worker),
    path("metrics", health.metrics),
    path("admin/edit/", include("imports.admin.edit_urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("ingestion_site.api_urls")),
]
