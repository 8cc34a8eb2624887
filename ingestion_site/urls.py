"""The addresses of the site."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/edit/", include("imports.admin.edit_urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("ingestion_site.api_urls")),
]
