from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Access"

    def ready(self) -> None:
        # It makes the schemes of OpenAPI known.
        from accounts import schemes  # noqa: F401
