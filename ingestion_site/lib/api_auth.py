"""Who asks: a user by name and password, safe from names that no user can have."""

from typing import Any

from drf_spectacular.authentication import BasicScheme
from rest_framework.authentication import BasicAuthentication
from rest_framework.exceptions import AuthenticationFailed


class PasswordAuthentication(BasicAuthentication):
    """HTTP Basic. PostgreSQL cannot even be asked for a name with a NUL in it."""

    def authenticate_credentials(
        self, userid: str, password: str, request: Any = None
    ) -> Any:
        """Give the user, or refuse."""
        if "\x00" in userid:
            raise AuthenticationFailed("Invalid username/password.")
        return super().authenticate_credentials(userid, password, request)


class PasswordScheme(BasicScheme):  # type: ignore[no-untyped-call]
    """It stands in OpenAPI as what it is: HTTP Basic."""

    target_class = "ingestion_site.lib.api_auth.PasswordAuthentication"
