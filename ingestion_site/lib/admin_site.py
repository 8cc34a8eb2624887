"""The admin site: its name, and the apps in the order in which they are used."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ingestion_site.lib.cells import UNKNOWN


class ScrutineerAdminSite(admin.AdminSite):
    """Stock admin, with its menu in the order of registration."""

    site_header = "Scrutineer"
    site_title = "Scrutineer"
    index_title = "Race data, and the files it came from"
    empty_value_display = UNKNOWN

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[Any]:
        apps = self._build_app_dict(request, app_label)  # type: ignore[attr-defined]
        return list(apps.values())
