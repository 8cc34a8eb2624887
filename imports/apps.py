from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "imports"
    verbose_name = "Imports"

    def ready(self) -> None:
        from django.conf import settings

        from imports import checks, failpoints, queue_checks  # noqa: F401

        failpoints.arm(settings.IMPORTS_FAILPOINT)
