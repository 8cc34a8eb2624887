"""How OpenAPI calls the ways to come in, and the scope that each operation asks for."""

from typing import Any

from drf_spectacular.authentication import BasicScheme, SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from ingestion_site.lib.api_access import access_of_action


class TokenScheme(OpenApiAuthenticationExtension):
    """A bearer token; the scope stands where OpenAPI 3.1 has the roles."""

    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Describe the header."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "scr_ and 43 characters",
            "description": "A token, made in the admin or by `manage.py api_token`.",
        }

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        """Name the scope."""
        view = auto_schema.view
        name = getattr(view, "action", None) or auto_schema.method.lower()
        return {self.name: [access_of_action(view, name).scope]}


class CookieScheme(SessionScheme):  # type: ignore[no-untyped-call]
    """The admin's session."""

    target_class = "accounts.authentication.SessionAuthentication"
    name = "session"


class PasswordScheme(BasicScheme):  # type: ignore[no-untyped-call]
    """HTTP Basic."""

    target_class = "accounts.authentication.PasswordAuthentication"
    name = "password"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Say when it is taken."""
        return {
            "type": "http",
            "scheme": "basic",
            "description": "Only where the server has API_PASSWORDS on.",
        }
