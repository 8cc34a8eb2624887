"""The addresses under /api/v1/."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from ingestion_site.lib.api_errors import NoSuchResource

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("imports.api.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    # With the slash: an address that only lacks its slash is redirected.
    re_path(r"^.+/$", NoSuchResource.as_view()),
]
