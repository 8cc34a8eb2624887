"""The addresses of the pages that edit values."""

from django.contrib import admin
from django.urls import path

from imports.admin.edit import edit_view

view = admin.site.admin_view(edit_view)

urlpatterns = [
    path("lap/<int:pk>/<int:number>/", view, {"kind": "lap"}, name="edit_lap"),
    path("<slug:kind>/<int:pk>/", view, name="edit_values"),
]
