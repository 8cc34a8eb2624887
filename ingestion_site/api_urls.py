"""The addresses under /api/v1/."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from ingestion_site.api_pages import DocumentPage, RedocPage, SwaggerPage
from ingestion_site.lib.api_errors import NoSuchResource

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("imports.api.urls")),
    path("schema/", DocumentPage.as_view(), name="schema"),
    path("docs/", SwaggerPage.as_view(url_name="schema"), name="docs"),
    path("redoc/", RedocPage.as_view(url_name="schema"), name="redoc"),
    re_path(r"^.+$", NoSuchResource.as_view()),
]
