"""The app configurations of the site itself."""

# As a module: a class AdminConfig in here would be taken for this app's own.
from django.contrib.admin import apps as admin_apps


class ScrutineerAdminConfig(admin_apps.AdminConfig):
    """Django's admin, with our site as its default."""

    default = False
    default_site = "ingestion_site.lib.admin_site.ScrutineerAdminSite"
